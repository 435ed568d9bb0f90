#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/metric.h"
#include "base/strong_id.h"
#include "runtime/peer_table.h"
#include "runtime/sip_transports.h"
#include "runtime/stream_connection.h"
#include "runtime/stream_listener.h"
#include "runtime/udp_socket.h"

namespace ringwall::runtime {

constexpr bool is_web_socket(sip::Transport transport) {
  return transport == sip::Transport::wss || transport == sip::Transport::ws;
}
/// Whether a connection has a handshake to end before it carries SIP.
constexpr bool has_handshake(sip::Transport transport) {
  return sip::is_secure(transport) || is_web_socket(transport);
}

/// All sockets of one element. An owner may destroy the transports inside one of its callbacks: `owner` is null then.
struct SipTransports::Core : std::enable_shared_from_this<SipTransports::Core>, ConnectionOwner {
  using ConnectionPtr = std::shared_ptr<StreamConnection>;
  using RouteKey = std::tuple<sip::Transport, NetAddress, std::string>;  ///< transport, address, peer

  Core(SignallingLoop& signalling_loop, SipHostOptions host_options, TransportOwner& transport_owner, PeerTable table);
  ~Core() override;

  // Listeners (sip_transports_accept.cc).
  Result<> open_listeners();
  Result<> open_clear(const ClearListener& listener);
  void start();
  void accept(StreamListener& listener, boost::asio::ip::tcp::socket socket, const NetAddress& remote);
  [[nodiscard]] std::string refusal(const NetAddress& remote, bool handshakes) const;
  void sweep();
  void drain();
  void close();
  void abandon_all();  ///< the owner goes: nothing calls it any more

  // Out (sip_transports_send.cc).
  sip::FlowId send(sip::Transmit transmit);
  void send_on_flow(sip::Transmit transmit);
  void send_datagram(sip::Transmit transmit);
  void enqueue(const ConnectionPtr& connection, sip::TransmitId id, std::string bytes);
  [[nodiscard]] ConnectionPtr reusable(const sip::Route& route) const;
  Result<ConnectionPtr> connect(const sip::Route& route);
  void fail_later(sip::TransmitId id, Error why);
  void flow_closed_later(sip::FlowId flow);
  void flush();
  void learn_alias(StreamConnection& connection, std::string_view message);

  // From connections.
  void established(StreamConnection& connection) override;
  void message_received(StreamConnection& connection, std::string_view message) override;
  void message_broken(StreamConnection& connection, const sip::StreamFramer::Broken& broken) override;
  void reading_paused() override { flush(); }
  void reading_held() override { guard.note("pipelined bytes"); }
  void handshake_failed(StreamConnection& connection, const HandshakeVerdict& verdict) override;
  void closed(StreamConnection& connection, CloseCause cause, const Error& why,
              const std::vector<sip::TransmitId>& unsent) override;
  MutableBytes scratch() override { return scratch_; }

  // Sources that do harm (sip_transports_guard.cc).
  bool takes(const sip::Flow& flow, std::string_view message);
  bool takes_connection(const NetAddress& remote);
  void report_harm(const NetAddress& remote, Harm harm);
  void shut_out_blocked();
  void close_blocked();

  [[nodiscard]] HostView view() const;
  void count_refused(const std::string& reason);
  void forget(const StreamConnection& connection);

  SignallingLoop& loop;
  SipHostOptions options;
  TransportOwner* owner;
  PeerTable peers;
  StreamConnection::Limits limits;

  SourceGuard guard;
  IdSource<sip::FlowId> flow_ids;
  std::shared_ptr<WebSocketEngine> web_sockets;
  std::vector<std::shared_ptr<StreamListener>> listeners;
  std::shared_ptr<UdpSocket> udp;
  std::unordered_map<sip::FlowId, ConnectionPtr> connections;
  std::map<RouteKey, sip::FlowId> outgoing;
  std::multimap<NetAddress, sip::FlowId> aliases;  ///< incoming connections by the address that they stand for
  std::unordered_map<std::string, std::size_t> per_source;
  std::size_t half_open = 0;  ///< accepted, handshake not ended
  std::vector<ConnectionPtr> lingering;
  std::vector<ConnectionPtr> dirty;  ///< have something to write
  bool draining = false, shut = false;
  LoopTimer sweep_timer;

  ConnectionTotals totals;
  HandshakeFailureLog failures;
  Counter& received;
  Counter& sent;
  Counter& send_failures;
  Counter& dropped;      ///< of blocked sources
  Counter& turned_away;  ///< of known sources that send too much
  Buffer scratch_ = Buffer(16'384);
};

}  // namespace ringwall::runtime
