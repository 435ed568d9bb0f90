#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ringwall::sip {

enum class Transport : std::uint8_t { tls, tcp, udp, wss, ws };
std::string_view print(Transport transport);  ///< "TLS", "TCP", "UDP", "WSS", "WS"
constexpr bool is_reliable(Transport transport) {
  return transport != Transport::udp;
}
constexpr bool is_secure(Transport transport) {
  return transport == Transport::tls || transport == Transport::wss;
}

using FlowId = StrongId<struct FlowTag>;

/// What the TLS handshake proved about a peer. Filled once, when the handshake ends.
struct TlsFacts {
  std::string version;  ///< "TLSv1.3"
  std::string cipher;   ///< "TLS_AES_256_GCM_SHA384"
  std::string group;    ///< "x25519", "P-256"; empty if there was none
  std::vector<std::string>
      peer_names;            ///< RFC 5922 section 7.1 identities: SIP-URI SAN hosts, else DNS SANs; lower case
  std::string peer_subject;  ///< for people
  std::string peer_issuer;
  std::string peer_serial;  ///< hex
  WallTime peer_not_after{};
  std::string anchor;      ///< SHA-256 (hex) of the trust anchor that the chain ended at
  std::string local_name;  ///< the name in the certificate that this side showed
  bool resumed = false;
  /// The client asked for this side's address instead of a name (an IP address as SNI), so it may know no name of it.
  bool by_address = false;
};

/// One connection (TLS, TCP), or one peer address of a UDP socket.
struct Flow {
  FlowId id;
  Transport transport = Transport::tls;
  NetAddress local;
  NetAddress remote;
  bool outgoing = false;                    ///< we connected
  std::string peer;                         ///< outgoing: the Route's peer it was opened for; empty for incoming ones
  std::shared_ptr<const TlsFacts> facts{};  ///< shared by all copies of this Flow; read them by tls()

  /// Empty unless the transport is secure and the handshake is done.
  [[nodiscard]] const TlsFacts& tls() const;
};

/// Where a request is to go. With a flow it goes there and nowhere else; without one, a live connection that was
/// verified for the same peer and address is reused in either direction (RFC 5923), or a new one is opened.
struct Route {
  FlowId flow{};
  Transport transport = Transport::tls;
  NetAddress address;       ///< numeric
  std::string peer;         ///< name of the trunk, element or phone: decides trust anchors and expected names
  bool by_address = false;  ///< the peer knows this side by its address: Contact shows that and no host name
};

}  // namespace ringwall::sip
