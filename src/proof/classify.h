#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.h"
#include "proof/packet.h"
#include "proof/tls_records.h"

/// Puts every captured packet into exactly one class.
namespace ringwall::proof {

enum class PacketClass : std::uint8_t { tls, srtp, srtcp, stun, dtls, clear_sip, clear_rtp, other };
inline constexpr std::size_t packet_classes = 8;
std::string_view print(PacketClass packet_class);  ///< "tls", "clear-sip", ...

using PacketCounts = std::array<std::uint64_t, packet_classes>;
inline std::uint64_t count(const PacketCounts& counts, PacketClass c) {
  return counts[static_cast<std::size_t>(c)];
}

/// Two addresses between which a leg's media goes.
struct MediaPath {
  std::string from, to;  ///< the hop's names, for who authenticates
  NetAddress from_address, to_address;
  std::uint16_t from_rtcp_port = 0, to_rtcp_port = 0;  ///< 0: RTP port + 1; RTCP on the RTP port is always recognised
};

enum class MediaKind : std::uint8_t { rtp, rtcp };

/// Says which of the packets (whole datagrams, in the order of their capture) authenticate under the leg's keys of that
/// direction. The answer has one entry per packet; a shorter one leaves the rest unauthenticated.
using Authenticate = std::function<std::vector<bool>(const MediaPath& path, bool from_to, MediaKind kind,
                                                     std::span<const Buffer> packets)>;

struct ClassifyOptions {
  std::vector<std::uint16_t> tls_ports = {5061};  ///< where only TLS may be spoken
  std::uint16_t media_port_low = 16384, media_port_high = 32767;
};

/// One TCP connection of the capture.
struct TcpWire {
  NetAddress client, server;  ///< who sent the SYN; if the SYN was not captured: the server is the end with a TLS port
  bool from_start = false;    ///< the SYN was captured
  std::uint64_t packets = 0;
  bool holes = false;  ///< segments are missing in the capture
  bool tls = false;    ///< records were seen
  TlsDirection client_sent, server_sent;
  std::optional<ClientHello> client_hello;
  std::optional<ServerHello> server_hello;
  std::vector<std::string> server_names, client_names;  ///< from TLS 1.2 certificates in clear
};

/// What the wire showed of one media path.
struct MediaWire {
  MediaPath path;
  std::uint64_t packets_from = 0, packets_to = 0;              ///< RTP-shaped, from -> to and to -> from
  std::uint64_t authenticated_from = 0, authenticated_to = 0;  ///< of them
  std::uint64_t rtcp = 0, rtcp_authenticated = 0;
};

/// Packets in clear between two addresses.
struct ClearFlow {
  PacketClass packet_class = PacketClass::clear_sip;
  Protocol protocol = Protocol::udp;
  NetAddress source, destination;
  std::uint64_t packets = 0;
  std::string reason;  ///< "SIP text", "RTP that does not authenticate", ...
};

struct Classified {
  PacketCounts counts{};
  std::uint64_t packets = 0;  ///< the sum of the counts
  std::uint64_t fragments = 0, truncated = 0;
  std::uint64_t unexamined =
      0;  ///< media packets or flows that came after a limit was reached; classed `other` or `clear-rtp`
  std::vector<TcpWire> connections;
  std::vector<MediaWire> media;
  std::vector<ClearFlow> clear;
};

/// Takes packets as they come; authenticates while the legs still have their keys.
class Classifier {
 public:
  explicit Classifier(ClassifyOptions options = {});
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  void add(const Captured& packet);

  /// Hands the RTP- and RTCP-shaped packets of these paths that wait for it to `authenticate`. Those that pass are srtp
  /// or srtcp, those that fail are clear-rtp. Call it as often as wanted while the call is up.
  void authenticate(std::span<const MediaPath> paths, const Authenticate& authenticate);

  /// Ends it: what still waits is clear-rtp if it belongs to a path, a media port or a run of RTP; else `other`.
  [[nodiscard]] Classified finish();

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

/// All at once.
[[nodiscard]] Classified classify(std::span<const Captured> packets, const ClassifyOptions& options,
                                  std::span<const MediaPath> paths, const Authenticate& authenticate);

}  // namespace ringwall::proof
