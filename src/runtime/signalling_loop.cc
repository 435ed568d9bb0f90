#include "runtime/signalling_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <exception>

#include "base/check.h"
#include "base/log.h"
#include "runtime/signalling_loop_impl.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

/// An exception out of a callback is a bug of ours (law 5): say which, then abort.
template <class Function>
void or_abort(Function&& function) {
  try {
    function();
  } catch (const std::exception& trouble) {
    log::error("runtime", "an exception left a callback of the signalling loop: {}", trouble.what());
    CHECK(!"no exception leaves a callback of the signalling loop");
  }
}

}  // namespace

struct LoopTimer::State {
  explicit State(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::move_only_function<void()> work;
};

LoopTimer& LoopTimer::operator=(LoopTimer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

LoopTimer::~LoopTimer() {
  cancel();
}

void LoopTimer::cancel() {
  if (!state_) return;
  state_->timer.cancel();
  // An expiry that is queued already finds no work.
  state_->work = nullptr;
  state_.reset();
}

bool LoopTimer::pending() const {
  return state_ && state_->work;
}

SignallingLoop::SignallingLoop() : impl_(std::make_unique<Impl>()) {
  std::signal(SIGPIPE, SIG_IGN);
}
SignallingLoop::~SignallingLoop() = default;

void SignallingLoop::run() {
  auto keep = asio::make_work_guard(impl_->context);
  impl_->context.restart();
  or_abort([&] { impl_->context.run(); });
}

void SignallingLoop::stop() {
  impl_->context.stop();
}

bool SignallingLoop::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = now() + limit;
  auto keep = asio::make_work_guard(impl_->context);
  impl_->context.restart();
  bool reached = false;
  or_abort([&] {
    while (!(reached = done()) && now() < end && !impl_->context.stopped())
      impl_->context.run_one_until(end);
  });
  return reached;
}

void SignallingLoop::post(std::move_only_function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

LoopTimer SignallingLoop::after(Duration delay, std::move_only_function<void()> work) {
  LoopTimer handle;
  handle.state_ = std::make_shared<LoopTimer::State>(impl_->context);
  handle.state_->work = std::move(work);
  handle.state_->timer.expires_after(delay);
  handle.state_->timer.async_wait([state = handle.state_](const boost::system::error_code& trouble) {
    if (trouble || !state->work) return;
    auto run = std::exchange(state->work, nullptr);
    run();
  });
  return handle;
}

void SignallingLoop::on_signal(int signal, std::function<void()> work) {
  impl_->signals.emplace_back(impl_->context, signal, std::move(work)).wait();
}

void SignalWatch::wait() {
  set.async_wait([this](const boost::system::error_code& trouble, int) {
    if (trouble) return;
    wait();
    work();
  });
}

}  // namespace ringwall::runtime
