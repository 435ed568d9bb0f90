#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "base/limits.h"
#include "runtime/stream_connection.h"

// What a connection sends: its queue, and how it gets out.

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr std::size_t kWriteTogether = 16'384;  ///< the largest TLS record

}  // namespace

bool StreamConnection::enqueue(sip::TransmitId id, std::string bytes) {
  if (!web_) return push(id, std::move(bytes));
  if (web_->state() != WebSocket::State::open) return false;
  web_->send(bytes);
  return push(id, web_->take_output());
}

bool StreamConnection::push(sip::TransmitId id, std::string bytes) {
  if (!usable() || bytes.size() > limits_.write_queue_bytes - std::min(queue_bytes_, limits_.write_queue_bytes))
    return false;
  queue_bytes_ += bytes.size();
  queue_max_ = std::max(queue_max_, queue_bytes_);
  queue_.push_back({id, std::move(bytes)});
  return true;
}

Io StreamConnection::write_some(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  const auto count = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) return {IoStatus::done, static_cast<std::size_t>(count)};
  return {errno == EAGAIN || errno == EINTR ? IoStatus::want_write : IoStatus::failed, 0};
}

/// What flush() writes next. Several messages go as one: one record and one system call.
std::string_view StreamConnection::next_bytes() {
  const std::string_view first = std::string_view(queue_.front().bytes).substr(front_sent_);
  if (queue_.size() == 1 || first.size() >= kWriteTogether) return first;
  static thread_local std::array<char, kWriteTogether> together;
  std::size_t size = 0;
  for (const Queued& one : queue_) {
    const std::string_view bytes = size == 0 ? first : std::string_view(one.bytes);
    const std::size_t part = std::min(bytes.size(), together.size() - size);
    std::memcpy(together.data() + size, bytes.data(), part);
    size += part;
    if (size == together.size()) break;
  }
  return {together.data(), size};
}

void StreamConnection::flush() {
  if (!reading() || failing_ || waiting_to_write_) return;
  while (!queue_.empty()) {
    const Io io = write_some(next_bytes());
    if (io.status == IoStatus::done) {
      wrote(io.count);
    } else if (io.status == IoStatus::want_read) {
      return wait_readable();
    } else if (io.status == IoStatus::want_write) {
      if (!write_stalled_) write_stalled_ = Clock::now();
      return wait_writable();
    } else {
      // What the peer said last (an alert, say) is still to be read, and explains more than the failed write.
      if (io.status == IoStatus::failed && waiting_to_read_) return;
      return fail_soon(CloseCause::remote, {"the connection broke while writing", flow_.remote.text(), {}});
    }
  }
  if (last_words_) return fail_soon(CloseCause::broken, framer_.poll().error());
  if (!std::exchange(held_, false)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->reading()) self->step_read();
  });
}

/// What was read causes what is written: a peer that takes no answers gets no further requests in. Only the side that
/// accepted the connection holds back; two sides that wait for each other would wait for ever.
bool StreamConnection::must_drain() {
  if (held_ || flow_.outgoing || queue_bytes_ < limits::pipelined_bytes) return held_;
  held_ = true;
  owner_->reading_held();
  return true;
}

void StreamConnection::wrote(std::size_t count) {
  write_stalled_.reset();
  last_activity_ = Clock::now();
  queue_bytes_ -= count;
  front_sent_ += count;
  while (!queue_.empty() && front_sent_ >= queue_.front().bytes.size()) {
    const Queued& front = queue_.front();
    if (front.id) {
      ++messages_out_;
      if (!heard_ && flow_.outgoing && tls_ && unconfirmed_.size() < limits::unconfirmed_transmits)
        unconfirmed_.push_back(front.id);
    }
    front_sent_ -= front.bytes.size();
    queue_.pop_front();
  }
}

}  // namespace ringwall::runtime
