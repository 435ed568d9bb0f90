#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/connection_view.h"
#include "runtime/sip_transports.h"
#include "runtime/tls_channel.h"
#include "runtime/web_socket.h"
#include "sip/transport/framing.h"

namespace ringwall::runtime {

class StreamConnection;

enum class CloseCause : std::uint8_t { local, remote, connect, handshake, idle, broken };

/// Whoever keeps the connections. All calls come from the loop, never inside a call of StreamConnection.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void established(StreamConnection& connection) = 0;
  virtual void message_received(StreamConnection& connection, std::string_view message) = 0;
  /// The stream cannot be cut any further. The connection is closed once what this causes to be sent has gone.
  virtual void message_broken(StreamConnection& connection, const sip::StreamFramer::Broken& broken) = 0;
  /// After all messages that were there to be read.
  virtual void reading_paused() = 0;
  /// Its peer sends and does not read what it gets for it: nothing more is read until it has.
  virtual void reading_held() = 0;
  virtual void handshake_failed(StreamConnection& connection, const HandshakeVerdict& verdict) = 0;
  /// Once, and last. `unsent` did not reach the peer for all we know.
  virtual void closed(StreamConnection& connection, CloseCause cause, const Error& why,
                      const std::vector<sip::TransmitId>& unsent) = 0;
  /// A buffer for one read, shared by all connections.
  virtual MutableBytes scratch() = 0;
};

/// One TCP or TLS connection, or a WebSocket over either.
///
///   connecting -> handshaking -> established -> closing -> (gone)
///
/// Asio only waits for readiness; OpenSSL or recv/send move the bytes. A connection that refused its peer's handshake
/// lingers in `closing` until the peer has had the alert.
class StreamConnection : public std::enable_shared_from_this<StreamConnection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  struct Limits {
    Duration connect_time, handshake_time, idle_time, message_time, write_stall_time;
    std::size_t write_queue_bytes;
  };

  StreamConnection(ConnectionOwner& owner, Socket socket, sip::Flow flow, const Limits& limits);

  /// An accepted connection; without a context it is clear TCP. With an engine it has to become a WebSocket.
  void start_accepted(std::shared_ptr<TlsServerContext> tls, std::shared_ptr<WebSocketEngine> web_sockets = nullptr);
  /// Connects from `source` to the flow's remote address; without a context it is clear TCP.
  void start_connect(const boost::asio::ip::tcp::endpoint& source, std::shared_ptr<TlsClientContext> tls);

  /// Queues a message, also while connecting. False if the queue is full: it was not taken.
  bool enqueue(sip::TransmitId id, std::string bytes);
  /// Writes as much of the queue as the socket takes.
  void flush();
  /// Ends it in order, once the queue has gone as far as the socket takes it now.
  void close(CloseCause cause, Error why);
  /// Looks at the deadlines.
  void sweep(Time now);
  /// The owner is going: no more calls to it.
  void abandon();

  [[nodiscard]] const sip::Flow& flow() const { return flow_; }
  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] bool usable() const { return state_ != ConnectionState::closing && !failing_ && !last_words_; }
  [[nodiscard]] std::size_t write_queue_max() const { return queue_max_; }
  [[nodiscard]] ConnectionView view(Time now) const;
  [[nodiscard]] bool was_established() const { return established_; }
  /// Its socket is closed: nothing more will happen.
  [[nodiscard]] bool gone() const { return !socket_.is_open(); }
  /// Port 0: the peer offers none.
  void set_alias(NetAddress alias) {
    alias_ = std::move(alias);
    alias_known_ = true;
  }
  [[nodiscard]] bool alias_known() const { return alias_known_; }
  [[nodiscard]] const NetAddress& alias() const { return alias_; }

 private:
  struct Queued {
    sip::TransmitId id;
    std::string bytes;
  };

  void set_socket_options();
  void connect_from(const boost::asio::ip::tcp::endpoint& source);
  bool connect_without_session();
  void connected(const boost::system::error_code& trouble);
  void forget_connect_wait();
  void begin_handshake();
  void step_handshake();
  void secured();
  void establish();
  void wait_readable();
  void wait_writable();
  void readable();
  void writable();
  void step_read();
  void read_turns();
  bool reading() const;
  bool must_drain();
  bool take(std::string_view bytes);
  bool take_frames();
  void watch_message_time(bool within_message);
  bool web_socket_answered();
  bool take_web_messages();
  void take_web_message(std::string_view message);
  bool end_web_socket();
  HandshakeVerdict upgrade_timed_out() const;
  void rest();
  Io read_some();
  Io write_some(std::string_view bytes);
  std::string_view next_bytes();
  void wrote(std::size_t count);
  bool push(sip::TransmitId id, std::string bytes);
  void read_ended(IoStatus status);
  void refuse(HandshakeVerdict verdict);
  void fail_soon(CloseCause cause, Error why);
  void end_broken();
  void finish(CloseCause cause, const Error& why);
  void discard_until_closed();
  std::vector<sip::TransmitId> unsent_ids() const;

  ConnectionOwner* owner_;
  Socket socket_;
  sip::Flow flow_;
  const Limits& limits_;
  std::shared_ptr<TlsClientContext> client_context_;  ///< until the connect has ended
  std::unique_ptr<TlsChannel> tls_;
  std::unique_ptr<WebSocket> web_;  ///< null: frames are cut by Content-Length
  sip::StreamFramer framer_;
  ConnectionState state_ = ConnectionState::connecting;
  bool waiting_to_read_ = false, waiting_to_write_ = false;
  bool connects_again_ = false;  ///< without the session that the server did not want
  bool secured_ = false;         ///< the TLS handshake has ended, or there is none
  bool established_ = false;     ///< it was, once
  bool alias_known_ = false;
  bool finished_ = false;    ///< the owner has been told
  bool held_ = false;        ///< not read until the queue has gone
  bool failing_ = false;     ///< fail_soon() is under way
  bool last_words_ = false;  ///< read no more, and closed once the queue has gone
  bool heard_ = false;       ///< the peer has sent something since the handshake

  std::list<Queued> queue_;  ///< empty it holds no memory, of which a resting connection is to have little
  std::size_t queue_bytes_ = 0, queue_max_ = 0;
  std::size_t front_sent_ = 0;  ///< bytes of queue_.front() that have gone
  /// Written before the peer was heard: a TLS 1.3 server may still refuse our certificate and drop them.
  std::vector<sip::TransmitId> unconfirmed_;

  NetAddress alias_;
  std::string certificate_kind_;
  WallTime since_;
  Time opened_, last_activity_, deadline_;
  std::optional<Time> message_began_, write_stalled_;
  std::uint64_t messages_in_ = 0, messages_out_ = 0;
};

}  // namespace ringwall::runtime
