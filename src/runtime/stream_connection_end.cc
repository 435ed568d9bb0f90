#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "runtime/stream_connection.h"

// Deadlines of a connection, its end, and what is shown of it.

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr int kReadsPerTurn = 16;
constexpr Duration kRestAfter = std::chrono::seconds(2);
constexpr Duration kLingerTime = std::chrono::seconds(1);

}  // namespace

void StreamConnection::close(CloseCause cause, Error why) {
  if (finished_) return;
  if (web_) {
    web_->close();
    push({}, web_->take_output());
  }
  flush();
  fail_soon(cause, std::move(why));
}

/// finish() from the loop, so that the owner is never called inside its own call.
void StreamConnection::fail_soon(CloseCause cause, Error why) {
  if (failing_ || finished_) return;
  failing_ = true;
  asio::post(socket_.get_executor(),
             [self = shared_from_this(), cause, why = std::move(why)] { self->finish(cause, why); });
}

/// Nothing can be read any more. The peer is told why, if it can be, and gets the answers to what came before.
void StreamConnection::end_broken() {
  const auto self = shared_from_this();
  if (owner_) owner_->message_broken(*this, framer_.broken());
  if (failing_ || finished_) return;
  last_words_ = true;
  flush();
}

std::vector<sip::TransmitId> StreamConnection::unsent_ids() const {
  std::vector<sip::TransmitId> ids = unconfirmed_;
  for (const Queued& item : queue_)
    if (item.id) ids.push_back(item.id);
  return ids;
}

void StreamConnection::finish(CloseCause cause, const Error& why) {
  if (finished_) return;
  finished_ = true;
  auto self = shared_from_this();
  // A peer that is refused, or whose stream is broken, is to read why.
  const bool explained = cause == CloseCause::handshake || cause == CloseCause::broken;
  const bool linger = explained && socket_.is_open();
  if (tls_ && reading()) tls_->send_close_notify();
  state_ = ConnectionState::closing;
  // A connection that this side ends itself took what was written.
  if (cause == CloseCause::local || cause == CloseCause::idle) unconfirmed_.clear();
  const auto unsent = unsent_ids();
  queue_.clear();
  queue_bytes_ = 0;
  boost::system::error_code ignored;
  if (linger) {
    // Closing with unread bytes would reset the connection and take the alert away from the peer.
    socket_.shutdown(Socket::shutdown_send, ignored);
    deadline_ = Clock::now() + kLingerTime;
  } else {
    socket_.close(ignored);
  }
  if (owner_) owner_->closed(*this, cause, why, unsent);
  if (linger) discard_until_closed();
}

void StreamConnection::discard_until_closed() {
  boost::system::error_code ignored;
  std::array<char, 4096> bin;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const auto count = ::recv(socket_.native_handle(), bin.data(), bin.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (count <= 0 || Clock::now() >= deadline_) {
      socket_.close(ignored);
      return;
    }
  }
  wait_readable();
}

void StreamConnection::refuse(HandshakeVerdict verdict) {
  if (owner_) owner_->handshake_failed(*this, verdict);
  finish(CloseCause::handshake, {"the handshake failed: " + verdict.sentence, flow_.remote.text(), {}});
}

void StreamConnection::sweep(Time now) {
  auto self = shared_from_this();
  boost::system::error_code ignored;
  if (state_ == ConnectionState::closing) {
    if (now >= deadline_) socket_.close(ignored);
  } else if (failing_) {
    return;
  } else if (state_ == ConnectionState::connecting) {
    if (now >= deadline_)
      finish(CloseCause::connect, {"no connection within the time limit", flow_.remote.text(),
                                   "check the address and the firewall between"});
  } else if (state_ == ConnectionState::handshaking) {
    if (now >= deadline_) refuse(secured_ ? upgrade_timed_out() : tls_->timed_out(limits_.handshake_time));
  } else if (write_stalled_ && now - *write_stalled_ >= limits_.write_stall_time) {
    finish(CloseCause::broken,
           {"the peer takes no bytes: its receive window stays shut", flow_.remote.text(), "look at the peer"});
  } else if (message_began_ && now - *message_began_ >= limits_.message_time) {
    finish(CloseCause::broken,
           {"a message was begun and not ended within the time limit", flow_.remote.text(), "look at the peer"});
  } else if (now - last_activity_ >= limits_.idle_time) {
    finish(CloseCause::idle, {"nothing was said for the idle limit", flow_.remote.text(), {}});
  } else if (now - last_activity_ >= kRestAfter) {
    rest();
  }
}

/// Gives back what a silent connection does not need. Most are silent most of the time.
void StreamConnection::rest() {
  framer_.rest();
  if (unconfirmed_.empty()) unconfirmed_ = {};
}

void StreamConnection::abandon() {
  owner_ = nullptr;
  finished_ = true;
  if (tls_ && state_ == ConnectionState::established) tls_->send_close_notify();
  state_ = ConnectionState::closing;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

ConnectionView StreamConnection::view(Time now) const {
  ConnectionView view;
  view.flow = flow_.id;
  view.transport = flow_.transport;
  view.outgoing = flow_.outgoing;
  view.state = state_;
  view.local = flow_.local;
  view.remote = flow_.remote;
  view.alias = alias_;
  view.peer = flow_.peer;
  view.tls = flow_.tls();
  view.certificate_kind = certificate_kind_;
  view.since = since_;
  view.write_queue = queue_bytes_;
  view.write_queue_max = queue_max_;
  view.messages_in = messages_in_;
  view.messages_out = messages_out_;
  view.idle = std::chrono::duration_cast<std::chrono::seconds>(now - last_activity_);
  return view;
}

}  // namespace ringwall::runtime
