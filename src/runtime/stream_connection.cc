#include "runtime/stream_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/log.h"
#include "runtime/socket_address.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr int kReadsPerTurn = 16;               ///< then other connections get their turn
constexpr std::size_t kWriteTogether = 16'384;  ///< the largest TLS record
constexpr Duration kRestAfter = std::chrono::seconds(2);
constexpr Duration kLingerTime = std::chrono::seconds(1);

void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

}  // namespace

StreamConnection::StreamConnection(ConnectionOwner& owner, Socket socket, sip::Flow flow, const Limits& limits)
    : owner_(&owner),
      socket_(std::move(socket)),
      flow_(std::move(flow)),
      limits_(limits),
      since_(wall_now()),
      opened_(Clock::now()),
      last_activity_(opened_) {}

void StreamConnection::set_socket_options() {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  const int fd = socket_.native_handle();
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  // A peer that vanished without a word is found within about two minutes.
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

void StreamConnection::start_accepted(std::shared_ptr<TlsServerContext> tls,
                                      std::shared_ptr<WebSocketEngine> web_sockets) {
  set_socket_options();
  if (web_sockets) web_ = std::make_unique<WebSocket>(std::move(web_sockets));
  if (!tls) return secured();
  tls_ = std::make_unique<TlsChannel>(socket_.native_handle(), std::move(tls));
  begin_handshake();
}

void StreamConnection::start_connect(const asio::ip::tcp::endpoint& source, std::shared_ptr<TlsClientContext> tls) {
  client_context_ = std::move(tls);
  deadline_ = opened_ + limits_.connect_time;
  const auto target = to_endpoint<asio::ip::tcp::endpoint>(flow_.remote);
  if (!target) return fail_soon(CloseCause::connect, target.error());
  boost::system::error_code trouble;
  socket_.open(target->protocol(), trouble);
  if (!trouble && target->protocol() == source.protocol() && !source.address().is_unspecified())
    socket_.bind(source, trouble);
  if (trouble)
    return fail_soon(CloseCause::connect,
                     {"no socket for the connection: " + trouble.message(), source.address().to_string(), {}});
  set_socket_options();
  socket_.async_connect(*target, [self = shared_from_this()](const boost::system::error_code& result) {
    if (self->state_ == ConnectionState::connecting) self->connected(result);
  });
}

void StreamConnection::connected(const boost::system::error_code& trouble) {
  if (trouble)
    return finish(CloseCause::connect, {"no connection: " + trouble.message(), flow_.remote.text(),
                                        "check that the peer runs and listens there, and the firewall between"});
  boost::system::error_code ignored;
  flow_.local = to_net_address(socket_.local_endpoint(ignored));
  last_activity_ = Clock::now();
  if (!client_context_) return secured();
  tls_ = std::make_unique<TlsChannel>(socket_.native_handle(), std::exchange(client_context_, nullptr), flow_.remote);
  begin_handshake();
}

void StreamConnection::begin_handshake() {
  state_ = ConnectionState::handshaking;
  deadline_ = Clock::now() + limits_.handshake_time;
  if (flow_.outgoing) return step_handshake();
  wait_readable();
}

void StreamConnection::step_handshake() {
  switch (tls_->handshake()) {
    case IoStatus::want_read:
      return wait_readable();
    case IoStatus::want_write:
      return wait_writable();
    case IoStatus::done:
      flow_.tls = tls_->facts();
      certificate_kind_ = tls_->certificate_kind();
      return secured();
    case IoStatus::closed:
    case IoStatus::failed:
      return refuse(tls_->verdict());
  }
}

/// What comes from now on is SIP, or the upgrade to a WebSocket first: its time limit is the handshake's.
void StreamConnection::secured() {
  secured_ = true;
  if (!web_) {
    establish();
    if (state_ == ConnectionState::established) step_read();
    return;
  }
  state_ = ConnectionState::handshaking;
  if (!tls_) deadline_ = Clock::now() + limits_.handshake_time;
  step_read();
}

void StreamConnection::establish() {
  state_ = ConnectionState::established;
  established_ = true;
  last_activity_ = Clock::now();
  auto self = shared_from_this();
  if (owner_) owner_->established(*this);
  flush();
}

void StreamConnection::wait_readable() {
  if (waiting_to_read_ || !socket_.is_open()) return;
  waiting_to_read_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const boost::system::error_code& trouble) {
    self->waiting_to_read_ = false;
    if (!trouble) self->readable();
  });
}

void StreamConnection::wait_writable() {
  if (waiting_to_write_ || !socket_.is_open()) return;
  waiting_to_write_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const boost::system::error_code& trouble) {
    self->waiting_to_write_ = false;
    if (!trouble) self->writable();
  });
}

void StreamConnection::readable() {
  if (failing_) return;
  if (reading()) return step_read();
  if (state_ == ConnectionState::handshaking) return step_handshake();
  if (state_ == ConnectionState::closing) discard_until_closed();
}

void StreamConnection::writable() {
  if (failing_) return;
  if (reading()) return flush();
  if (state_ == ConnectionState::handshaking) step_handshake();
}

/// Bytes of SIP, or of the upgrade to a WebSocket, may flow.
bool StreamConnection::reading() const {
  return state_ == ConnectionState::established || (state_ == ConnectionState::handshaking && secured_);
}

Io StreamConnection::read_some() {
  const MutableBytes out = owner_->scratch();
  if (tls_) return tls_->read(out);
  const auto count = ::recv(socket_.native_handle(), out.data(), out.size(), MSG_DONTWAIT);
  if (count > 0) return {IoStatus::done, static_cast<std::size_t>(count)};
  if (count == 0) return {IoStatus::closed, 0};
  return {errno == EAGAIN || errno == EINTR ? IoStatus::want_read : IoStatus::failed, 0};
}

void StreamConnection::step_read() {
  auto self = shared_from_this();
  read_turns();
  // Also if this connection broke: what its messages caused may go out on others.
  if (owner_) owner_->reading_paused();
  flush();
}

void StreamConnection::read_turns() {
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    if (!owner_ || failing_ || must_drain()) return;
    const Io io = read_some();
    if (io.status == IoStatus::want_read) return wait_readable();
    if (io.status == IoStatus::want_write) return wait_writable();
    if (io.status != IoStatus::done) {
      // What the messages before the end caused still goes out.
      owner_->reading_paused();
      flush();
      return read_ended(io.status);
    }
    last_activity_ = Clock::now();
    heard_ = true;
    unconfirmed_.clear();
    if (!take(as_text(owner_->scratch().first(io.count)))) return;
  }
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->reading()) self->step_read();
  });
}

/// False if the connection is to be read no further.
bool StreamConnection::take(std::string_view bytes) {
  if (web_) {
    web_->receive(bytes);
    if (!web_socket_answered() || !take_web_messages()) return false;
  } else {
    framer_.feed(bytes);
    if (!take_frames()) return false;
  }
  watch_message_time(web_ ? web_->within_message() : framer_.pending() != 0);
  return reading() && owner_ != nullptr && !failing_;
}

void StreamConnection::watch_message_time(bool within_message) {
  if (!within_message)
    message_began_.reset();
  else if (!message_began_)
    message_began_ = last_activity_;
}

/// Hands out what the framer holds; false if the stream is broken.
bool StreamConnection::take_frames() {
  bool more = true;
  while (more && state_ == ConnectionState::established && owner_) {
    const auto frame = framer_.poll();
    if (!frame) {
      flush();  // the answers to what came before
      finish(CloseCause::broken, frame.error());
      return false;
    }
    more = frame->has_value();
    if (!more) break;
    if ((*frame)->kind == sip::Frame::Kind::ping) {
      // RFC 5626 section 4.4.1: the answer to a double CRLF is a single one.
      enqueue({}, "\r\n");
    } else {
      ++messages_in_;
      owner_->message_received(*this, (*frame)->bytes);
    }
  }
  return true;
}

void StreamConnection::read_ended(IoStatus status) {
  if (tls_ && !tls_->verdict().sentence.empty()) return refuse(tls_->verdict());
  if (status == IoStatus::closed)
    return finish(CloseCause::remote, {"the peer closed the connection", flow_.remote.text(), {}});
  finish(CloseCause::remote, {"the connection broke: reset by the peer, or damaged records", flow_.remote.text(),
                              "look at the peer's log"});
}

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
  // A peer that is refused, or whose frames are broken, is to read why.
  const bool explained = cause == CloseCause::handshake || (web_ && cause == CloseCause::broken);
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
  view.tls = flow_.tls;
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
