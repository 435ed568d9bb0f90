#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace ringwall::runtime {

class SignallingLoop;

/// A callback that is to run later. Destroying it, or cancel(), keeps it from running.
class LoopTimer {
 public:
  LoopTimer() = default;
  LoopTimer(LoopTimer&&) noexcept = default;
  LoopTimer& operator=(LoopTimer&& other) noexcept;
  ~LoopTimer();
  void cancel();
  [[nodiscard]] bool pending() const;

 private:
  friend class SignallingLoop;
  struct State;
  std::shared_ptr<State> state_;
};

/// The loop of the one signalling thread, which owns all SIP and call state of the process: no locks. Only post() and
/// stop() may be called from other threads. An exception that leaves a callback is a bug: logged, then abort.
class SignallingLoop {
 public:
  SignallingLoop();
  ~SignallingLoop();
  SignallingLoop(const SignallingLoop&) = delete;

  void run();   ///< until stop(); the calling thread is the signalling thread from now on
  void stop();  ///< any thread; run() returns soon, and may be called again
  /// Runs until `done()` (asked after each callback) or until `limit` has passed; true if done. For tests and small
  /// tools.
  bool run_until(const std::function<bool()>& done, Duration limit);
  [[nodiscard]] Time now() const { return Clock::now(); }

  void post(std::move_only_function<void()> work);  ///< any thread; runs soon, never inside this call
  [[nodiscard]] LoopTimer after(Duration delay, std::move_only_function<void()> work);
  /// From now on `work` runs on this loop when the process gets that signal (SIGTERM, SIGHUP, ...), each time.
  void on_signal(int signal, std::function<void()> work);

  struct Impl;  ///< holds the io_context; runtime/ only (signalling_loop_impl.h)
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringwall::runtime
