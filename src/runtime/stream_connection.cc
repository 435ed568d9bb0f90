#include "runtime/stream_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>

#include "base/check.h"
#include "base/log.h"
#include "base/metric.h"
#include "runtime/socket_address.h"

namespace asio = boost::asio;

namespace ringwall::runtime {
namespace {

constexpr int kReadsPerTurn = 16;  ///< then other connections get their turn

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
  connect_from(source);
}

void StreamConnection::connect_from(const asio::ip::tcp::endpoint& source) {
  state_ = ConnectionState::connecting;
  deadline_ = Clock::now() + limits_.connect_time;
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
  forget_connect_wait();
  last_activity_ = Clock::now();
  if (!client_context_) return secured();
  tls_ = std::make_unique<TlsChannel>(socket_.native_handle(), std::exchange(client_context_, nullptr), flow_.remote);
  begin_handshake();
}

/// Asio goes on watching for what was waited for once: each later wait would find the socket writable. A socket that is
/// registered anew is watched for reading alone.
void StreamConnection::forget_connect_wait() {
  boost::system::error_code trouble;
  const auto protocol = flow_.local.ip.find(':') == std::string::npos ? asio::ip::tcp::v4() : asio::ip::tcp::v6();
  const int handle = socket_.release(trouble);
  CHECK(!trouble);
  socket_.assign(protocol, handle, trouble);
  CHECK(!trouble);
  socket_.non_blocking(true, trouble);
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
      flow_.facts = std::make_shared<const sip::TlsFacts>(tls_->take_facts());
      certificate_kind_ = tls_->certificate_kind();
      return secured();
    case IoStatus::closed:
    case IoStatus::failed:
      if (connect_without_session()) return;
      return refuse(tls_->verdict());
  }
}

/// An earlier session is an offer, and some servers fail the handshake instead of ignoring it: once more, in full. What
/// is queued waits. False: no session was offered, or that was the second try.
bool StreamConnection::connect_without_session() {
  if (!tls_->offered_session() || connects_again_) return false;
  connects_again_ = true;
  static Counter& refused = Metrics::instance().counter("ringwall_tls_resumptions_refused_total");
  refused.add();
  client_context_ = tls_->client();
  tls_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
  const auto source = to_endpoint<asio::ip::tcp::endpoint>({flow_.local.ip, 0});
  connect_from(source.value_or(asio::ip::tcp::endpoint()));
  return true;
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
  if (last_words_) return flush();
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
    if (!owner_ || failing_ || last_words_ || must_drain()) return;
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
      end_broken();
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

}  // namespace ringwall::runtime
