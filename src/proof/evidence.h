#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net_address.h"
#include "base/result.h"
#include "base/time.h"
#include "media/types.h"

/// What the elements and the test phones say about each hop of the test call. Filled by who runs the call, judged by
/// judge().
namespace ringwall::proof {

/// One end of a signalling connection, in its own words.
struct SignallingEnd {
  std::string transport = "TLS";  ///< "TLS", "TCP", "UDP"
  std::string tls_version;        ///< "TLSv1.3"
  std::string cipher;
  std::string group;
  std::string local_name;  ///< the name in the certificate that this end showed
  std::string peer_name;   ///< the name that it verified in the peer's certificate
  std::string verified;    ///< how: "RFC 5922 SAN, chain to anchor 3f2a.."; empty: it did not verify the peer
  bool resumed = false;
};

/// The connection of one hop. `client` is the end that connected, whichever way the hop's calls go.
struct SignallingEvidence {
  NetAddress client, server;
  bool server_is_from = false;  ///< the hop's `to` connected (a phone that registered) and `from` accepted
  std::optional<SignallingEnd> from_end,
      to_end;          ///< of the hop's `from` and `to`; missing: the element reported nothing
  std::string waiver;  ///< the waiver that allows this hop to be clear
};

/// One end of a media leg, in its own words.
struct MediaEnd {
  bool dtls = false;   ///< keys were agreed on by DTLS, not by SDES
  std::string suite;   ///< empty: clear
  std::string waiver;  ///< the waiver that allows a clear leg
  std::uint64_t sent = 0, received = 0;
  std::uint64_t authentication_failures = 0, replayed = 0, refused = 0, lost = 0;
  double jitter_ms = 0;
};
MediaEnd media_end(const media::LegReport& report);

/// A tone that was sent, and whether it was found in the decrypted audio at the far end.
struct Tone {
  double hz = 0;
  bool found = false;
};

struct MediaEvidence {
  NetAddress from, to;                                 ///< where each end sends from and listens (RTP)
  std::uint16_t from_rtcp_port = 0, to_rtcp_port = 0;  ///< 0: RTP port + 1, or the RTP port itself (rtcp-mux)
  std::optional<MediaEnd> from_end, to_end;            ///< missing: the element reported nothing
  std::optional<Tone> tone;                            ///< from -> to; set on the hops that the test tone must pass
  std::optional<Tone> tone_back;                       ///< to -> from
};

/// A hop that the proof must show. Set `signalling` and `media` for what this hop must have, even if nothing is known
/// of it yet: what is set and not filled becomes a failure.
struct HopEvidence {
  std::string from, to;  ///< "caller", "edge", ...
  std::optional<SignallingEvidence> signalling;
  std::optional<MediaEvidence> media;
};

/// A clear path that a waiver allows. Port 0 stands for any port; an empty second address for any peer.
struct WaivedPath {
  std::string waiver;
  NetAddress a, b;
};

struct WaiverEvidence {
  std::string name, reason;
  WallTime until{};  ///< the first second at which it no longer holds
  std::vector<WaivedPath> paths;
};

}  // namespace ringwall::proof
