#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "runtime/connection_view.h"
#include "runtime/signalling_loop.h"
#include "runtime/source_guard.h"
#include "runtime/tls_context.h"
#include "runtime/web_socket.h"
#include "sip/endpoint/endpoint.h"
#include "sip/transport/flow.h"

namespace ringwall::runtime {

/// What a Route's peer must prove when we connect to it, or when one of its connections is to be reused.
struct PeerPolicy {
  std::string peer;                ///< the name that Route.peer says
  std::vector<std::string> names;  ///< its certificate must be for one of them (RFC 5922); the first is sent as SNI
  TrustAnchors anchors;
  std::string tls_minimum = "1.2";
  std::string tls_maximum = "1.3";   ///< "1.2" for a peer that breaks when 1.3 is offered
  std::vector<std::string> ciphers;  ///< TlsClientOptions::ciphers
  std::vector<std::string> groups;   ///< TlsClientOptions::groups
};

/// A listener without TLS. It exists only by a waiver.
struct ClearListener {
  sip::Transport transport = sip::Transport::udp;  ///< udp, tcp or ws
  std::uint16_t port = 5060;
  std::string waiver;  ///< its name; a listener without one is refused
};

struct SipHostOptions {
  std::string name;               ///< the element's name, for logs, User-Agent and Server
  std::string host;               ///< what Via and Contact show; empty: the address
  std::string address;            ///< IP address of listeners, and the source of our connections
  std::uint16_t tls_port = 5061;  ///< 0: any free one
  std::string allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO";  ///< EndpointOptions::allow
  std::string supported;              ///< SIP option tags that the owner takes (EndpointOptions::supported)
  std::string allow_events;           ///< EndpointOptions::allow_events
  sip::SessionTimers session_timers;  ///< EndpointOptions::session_timers
  sip::Reliability reliability = sip::Reliability::on_request;    ///< EndpointOptions::reliability
  std::function<sip::Headers(const sip::Challenged&)> authorize;  ///< EndpointOptions::authorize
  bool listen_tls = true;                                         ///< false for a client that only connects (a phone)
  std::optional<std::uint16_t> wss_port;  ///< SIP over secure WebSocket (RFC 7118); 0: any free one
  WebSocketRules web_socket;              ///< of that listener
  TlsIdentity identity;
  std::vector<TlsIdentity> more_identities;  ///< shown to clients whose SNI they match
  std::vector<PeerPolicy> peers;
  std::vector<TrustAnchors> incoming_anchors;  ///< trusted for incoming connections, beside those of the peers (phones)
  std::vector<ClearListener> clear_listeners;
  std::string tls_minimum = "1.2";
  bool certificate_optional = false;        ///< TlsServerOptions::certificate_optional
  std::shared_ptr<TicketKeys> ticket_keys;  ///< SipTransports makes them, and keeps them over changes of the above
  bool debug_key_log = false;               ///< write session keys to $SSLKEYLOGFILE

  SourceRules sources;  ///< what one source may send
  /// Whether whoever is at the other end of this new connection is a trunk, element or phone: it is vouched for then.
  /// Empty: whoever shows a certificate that ends at an anchor of ours is.
  std::function<bool(const sip::Flow&)> knows;

  // Limits; tests shorten them.
  Duration connect_time = limits::connect_time;
  Duration handshake_time = limits::handshake_time;
  Duration idle_time = limits::connection_idle_time;
  Duration message_time = limits::message_time;          ///< from a message's first byte to its last
  Duration write_stall_time = limits::write_stall_time;  ///< a peer that takes nothing is let go
  Duration sweep_time = std::chrono::milliseconds(250);  ///< how often the above are looked at
  std::size_t write_queue_bytes = limits::write_queue_bytes;
  std::size_t connections = limits::connections;
  std::size_t connections_per_source = limits::connections_per_source;
  std::size_t half_open_handshakes = limits::half_open_handshakes;
};

/// Whoever uses the transports. Calls come on the signalling thread, never inside a call of SipTransports.
class TransportOwner {
 public:
  virtual ~TransportOwner() = default;
  /// One whole message. The views live until the call returns.
  virtual void message_received(const sip::Flow& flow, std::string_view message) = 0;
  /// What came of a message at which its stream broke. What is sent on that flow now goes before it is closed.
  virtual void message_broken(const sip::Flow&, std::string_view, const sip::ParseError&) {}
  /// A message of a known source that sends too much. True: it was turned away; else message_received() follows.
  virtual bool overloaded(const sip::Flow&, std::string_view) { return false; }
  virtual void send_failed(sip::TransmitId id, const Error& why) = 0;
  virtual void flow_closed(sip::FlowId flow) = 0;
};

/// The sockets of one element: listeners, the pool of connections in both directions (RFC 5923), UDP, framing, limits.
class SipTransports {
 public:
  static Result<std::unique_ptr<SipTransports>> create(SignallingLoop& loop, SipHostOptions options,
                                                       TransportOwner& owner);
  ~SipTransports();
  SipTransports(const SipTransports&) = delete;

  /// Takes one message for the wire, and says on which connection it goes (none: UDP, or no connection could be begun).
  /// Whether it went shows later: a failure reaches TransportOwner::send_failed.
  sip::FlowId send(sip::Transmit transmit);
  /// Writes what send() took: once after a batch.
  void flush();

  [[nodiscard]] NetAddress local(sip::Transport transport) const;
  Result<> set_identity(TlsIdentity identity);
  Result<> set_peers(std::vector<PeerPolicy> peers);
  // What the layers above know of a source.
  void report_harm(const NetAddress& remote, Harm harm);
  void vouch(const NetAddress& remote);
  bool unblock(std::string_view source);
  void set_sources(SourceRules rules);
  /// Ends one connection in order; false if there is none of that id.
  bool close_connection(sip::FlowId flow);
  void drain();
  void close();
  [[nodiscard]] HostView view() const;

 private:
  struct Core;
  explicit SipTransports(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace ringwall::runtime
