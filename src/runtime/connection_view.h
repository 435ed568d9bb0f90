#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.h"
#include "base/time.h"
#include "runtime/handshake_failure.h"
#include "runtime/source_guard.h"
#include "sip/transport/flow.h"

/// The values that `show connections` and the proof print. Copies: they stay true after the connection has gone.
namespace ringwall::runtime {

enum class ConnectionState : std::uint8_t { connecting, handshaking, established, closing };
std::string_view print(ConnectionState state);  ///< "connecting", "handshaking", "established", "closing"

/// One TLS or TCP connection, or one peer address of a UDP socket (then always established).
struct ConnectionView {
  sip::FlowId flow;
  sip::Transport transport = sip::Transport::tls;
  bool outgoing = false;  ///< we connected
  ConnectionState state = ConnectionState::connecting;
  NetAddress local;
  NetAddress remote;
  NetAddress alias;   ///< the peer's listening address (RFC 5923) that an incoming connection stands for; port 0: none
  std::string peer;   ///< the Route's peer that it was opened for; empty for incoming ones
  sip::TlsFacts tls;  ///< version, cipher, group, names; empty before the handshake ended and on clear transports
  std::string certificate_kind;  ///< key kind of the server's certificate: "RSA", "ECDSA", "Ed25519"; empty without TLS
  WallTime since{};              ///< when it was accepted or the connect began
  std::size_t write_queue = 0;   ///< bytes waiting now
  std::size_t write_queue_max = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::chrono::seconds idle{0};  ///< since the last byte either way
};

struct ListenerView {
  sip::Transport transport = sip::Transport::tls;
  NetAddress address;
  std::string waiver;     ///< what permits a clear listener; empty for TLS
  bool accepting = true;  ///< false while draining
};

/// The totals at the head of `show sip-ua connections tcp tls detail`.
struct ConnectionTotals {
  std::uint64_t active = 0;                     ///< connections now
  std::uint64_t send_failures = 0;              ///< messages that the transport dropped
  std::uint64_t remote_closures = 0;            ///< established connections that the peer closed
  std::uint64_t connect_failures = 0;           ///< TCP connects that failed
  std::uint64_t inactive_ageouts = 0;           ///< closed after the idle limit
  std::size_t max_write_queue = 0;              ///< the longest write queue ever, bytes
  NetAddress max_write_queue_peer;              ///< where it was
  std::uint64_t client_handshake_failures = 0;  ///< we were the TLS client
  std::uint64_t server_handshake_failures = 0;  ///< we were the TLS server
  std::uint64_t refused_by_limit = 0;           ///< accepted and closed at once: a connection limit was reached
};

struct HostView {
  std::string name;  ///< the element
  std::vector<ConnectionView> connections;
  std::vector<ListenerView> listeners;
  ConnectionTotals totals;
  std::vector<HandshakeFailure> failures;  ///< the last ones, oldest first
  std::vector<BlockedSource> blocked;
  std::map<std::string, std::uint64_t, std::less<>> limits_hit;  ///< by the limit's name
};

}  // namespace ringwall::runtime
