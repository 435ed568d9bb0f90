#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/net_address.h"
#include "base/secret.h"
#include "base/strong_id.h"
#include "base/time.h"

/// What signalling and the media plane say to each other: values only.
namespace ringwall::media {

using LegId = StrongId<struct MediaLegTag>;

enum class Codec : std::uint8_t { pcmu, pcma };

enum class Suite : std::uint8_t {
  aead_aes_256_gcm,
  aead_aes_128_gcm,
  aes_cm_128_hmac_sha1_80,
  aes_cm_128_hmac_sha1_32
};
std::optional<Suite> parse_suite(std::string_view name);  ///< by its SDES name
std::string_view print(Suite suite);

struct SrtpKeys {
  Suite suite = Suite::aead_aes_256_gcm;
  Secret local;   ///< key||salt of what we send
  Secret remote;  ///< key||salt of what the peer sends
};

/// The outcome of an offer/answer exchange, applied to one leg. A leg without keys is clear and only a waiver makes
/// one: the value cannot be built without naming it.
struct LegParameters {
  NetAddress remote;  ///< where to send before a packet that authenticates has shown a better address
  std::uint16_t remote_rtcp_port = 0;
  bool rtcp_mux = false;
  Codec codec = Codec::pcmu;
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> dtmf_payload_type;
  std::variant<SrtpKeys, std::string> security;  ///< keys, or the name of the waiver that allows a clear leg
  bool send = true;
  bool receive = true;
};

/// 8 kHz mono PCM, shared by all calls that play it.
using Pcm = std::shared_ptr<const std::vector<std::int16_t>>;

/// Plays the clips one after another; with `loop` for ever.
struct Playlist {
  std::vector<Pcm> clips;
  bool loop = false;
};

/// A finished telephone event (RFC 4733).
struct Digit {
  LegId leg;
  char digit;
  std::uint32_t duration_ms;
};
struct PlayFinished {
  LegId leg;
};
/// The first packet from the peer that authenticated (or, on a waiver leg, the first one).
struct FirstPacket {
  LegId leg;
  NetAddress from;
};
using Event = std::variant<Digit, PlayFinished, FirstPacket>;

struct StreamCounts {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< payload
};

/// A leg's figures, as `show calls` and the proof print them.
struct LegReport {
  LegId leg;
  NetAddress local, remote;
  std::string suite;   ///< empty on a clear leg
  std::string waiver;  ///< the waiver that allows a clear leg
  Codec codec = Codec::pcmu;
  StreamCounts sent, received;
  std::uint64_t authentication_failures = 0;
  std::uint64_t replayed = 0;
  std::uint64_t refused = 0;  ///< packets dropped for another reason: malformed, wrong source on a clear leg
  std::uint64_t lost = 0;
  double jitter_ms = 0;
  double round_trip_ms = 0;
};

}  // namespace ringwall::media
