#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/net_address.h"
#include "base/secret.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "crypto/fingerprint.h"

/// What signalling and the media plane say to each other: values only.
namespace ringwall::media {

using LegId = StrongId<struct MediaLegTag>;

enum class Codec : std::uint8_t { pcmu, pcma, g722, opus, l16 };

enum class Suite : std::uint8_t {
  aead_aes_256_gcm,
  aead_aes_128_gcm,
  aes_cm_128_hmac_sha1_80,
  aes_cm_128_hmac_sha1_32,
  aes_256_cm_hmac_sha1_80,  ///< RFC 6188
  aes_256_cm_hmac_sha1_32,
};
std::optional<Suite> parse_suite(std::string_view name);  ///< by its SDES name
std::string_view print(Suite suite);

/// One of several master keys of one direction, told apart by their identifiers (RFC 3711 section 3.1).
struct MasterKey {
  Secret key_and_salt;
  std::vector<std::uint8_t> mki;
};

struct SrtpKeys {
  Suite suite = Suite::aead_aes_256_gcm;
  Secret local;                          ///< key||salt of what we send
  Secret remote;                         ///< key||salt of what the peer sends
  std::vector<std::uint8_t> local_mki;   ///< master key identifier in each packet (RFC 3711 section 3.1); empty: none
  std::vector<std::uint8_t> remote_mki;  ///< the same of what the peer sends
  std::uint64_t lifetime = 0;            ///< packets under one key as agreed; 0: what RFC 3711 section 9.2 allows
  std::vector<MasterKey> more_remote;    ///< the peer's other keys, which it may change to at any packet
};

using Fingerprint = crypto::Fingerprint;

/// Keys are agreed on the media path by DTLS-SRTP (RFC 5763, RFC 5764): no packet is taken or sent before the peer has
/// shown a certificate that has one of `remote`.
struct DtlsParameters {
  std::uint32_t association = 1;    ///< a new number asks for a new handshake (RFC 8842 section 3)
  bool active = false;              ///< we send the ClientHello (a=setup, RFC 8842)
  std::vector<Fingerprint> remote;  ///< at least one
  std::vector<Suite> suites;        ///< use_srtp profiles in order of preference
};

/// One place where a peer may be reached (RFC 8445 section 5.1).
struct IceCandidate {
  enum class Type : std::uint8_t { host, srflx, prflx, relay };
  std::string foundation;
  std::uint16_t component = 1;  ///< 1 RTP, 2 RTCP
  std::uint32_t priority = 0;
  NetAddress address;  ///< UDP
  Type type = Type::host;
  std::optional<NetAddress> related;
};

/// Both sides' means for connectivity checks (RFC 8445). A leg with them takes the address of a nominated pair and no
/// other, and stops sending when consent ends (RFC 7675).
struct IceParameters {
  std::string local_ufrag;
  Secret local_password;
  std::string remote_ufrag;
  Secret remote_password;
  std::vector<IceCandidate> remote_candidates;
  bool lite = false;         ///< we are: we answer checks and send none
  bool remote_lite = false;  ///< then we are controlling
  bool controlling = false;
};

/// How we encode Opus, as far as the peer's a=fmtp allows (RFC 7587 section 6.1). A rate that never varies tells a
/// listener of the encrypted packets nothing of what is said (RFC 6562 section 3).
struct OpusOptions {
  std::uint32_t bits_per_second = 32'000;  ///< with error correction, less sounds like a narrow line
  bool error_correction = true;            ///< each packet holds the one before once more, coarsely
  bool discontinuous = false;              ///< DTX: nothing is sent while nobody speaks
  bool constant_rate = true;
  bool operator==(const OpusOptions&) const = default;
};

/// The outcome of an offer/answer exchange, applied to one leg. A leg without keys is clear and only a waiver makes
/// one: the value cannot be built without naming it.
struct LegParameters {
  NetAddress remote;  ///< where to send before a packet that authenticates has shown a better address
  std::uint16_t remote_rtcp_port = 0;
  bool rtcp_mux = false;
  Codec codec = Codec::pcmu;
  std::uint8_t payload_type = 0;
  OpusOptions opus;
  std::optional<std::uint8_t> dtmf_payload_type;
  std::uint32_t dtmf_clock_rate = 8'000;                   ///< of the durations in telephone events
  std::optional<std::uint8_t> comfort_noise_payload_type;  ///< RFC 3389
  bool detect_inband_digits = false;  ///< tones in the audio are digits: only where the peer has no telephone events
  /// Keys, the means to agree on them, or the name of the waiver that allows a clear leg.
  std::variant<SrtpKeys, std::string, DtlsParameters> security;
  std::optional<IceParameters> ice;
  bool send = true;
  bool receive = true;
};

/// 8 kHz mono PCM, shared by all calls that play it.
using Pcm = std::shared_ptr<const std::vector<std::int16_t>>;

/// One codec's frames of a clip, 20 ms each; the last one is filled up with silence.
struct EncodedFrames {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint32_t> ends;  ///< where each frame ends
};

/// Something to play. All copies share its samples and what they were encoded to: once for each codec, whoever plays it
/// then. Safe from any thread.
class Clip {
 public:
  Clip() = default;
  Clip(Pcm samples);
  template <class Samples>
    requires std::convertible_to<Samples, Pcm>
  Clip(Samples samples) : Clip(Pcm(std::move(samples))) {}
  [[nodiscard]] const Pcm& samples() const;
  /// Encodes, unless that was done before. Takes its time: not for a media thread.
  void encode(Codec codec) const;
  /// nullptr until encode() is done. Takes no lock.
  [[nodiscard]] const EncodedFrames* frames(Codec codec) const;
  [[nodiscard]] bool empty() const { return samples() == nullptr || samples()->empty(); }

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// Plays the clips one after another, each from a frame's beginning; with `loop` for ever.
struct Playlist {
  std::vector<Clip> clips;
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
/// The peer proved its certificate and keys were agreed: audio flows from here on.
struct DtlsDone {
  LegId leg;
  SrtpKeys keys;  ///< for the media engine, which keeps them for the proof; without key material beyond it
};
/// No keys were agreed, and none will be: the leg stays silent.
struct DtlsFailed {
  LegId leg;
  std::string why;  ///< one sentence
};
/// Connectivity checks have chosen where the peer is (RFC 8445 section 8); again for each later choice.
struct PathChosen {
  LegId leg;
  NetAddress remote;
};
/// No path was found, or the peer's consent to receive on it has ended (RFC 7675): the leg sends nothing more.
struct PathLost {
  LegId leg;
  bool had_one = false;  ///< true: there was a path, and consent ended
};
/// Seven eighths of what one of the keys may protect are used (RFC 3711 section 8.1): fresh ones should be agreed on.
/// Comes again, ever closer to the key's end, until there are others.
struct KeyNearlyUsed {
  LegId leg;
};
using Event = std::variant<Digit, PlayFinished, FirstPacket, DtlsDone, DtlsFailed, PathChosen, PathLost, KeyNearlyUsed>;

struct StreamCounts {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< payload
};

/// What the peer's reports say of the stream that we send.
struct HeardByPeer {
  std::uint64_t lost = 0;
  double loss_percent = 0;  ///< since the report before
  double jitter_ms = 0;
  double mos = 0;  ///< by its own reckoning (RFC 3611 section 4.7.5), else by ours; 1 to 4.5
};

/// A leg's figures, as `show calls` and the proof print them.
struct LegReport {
  LegId leg;
  NetAddress local, remote;
  std::string suite;   ///< empty on a clear leg, and before DTLS agreed on keys
  bool dtls = false;   ///< keys come from DTLS, not from the signalling
  std::string waiver;  ///< the waiver that allows a clear leg
  Codec codec = Codec::pcmu;
  StreamCounts sent, received;
  std::uint64_t authentication_failures = 0;
  std::uint64_t replayed = 0;
  std::uint64_t unknown_keys = 0;  ///< packets whose master key identifier names no key of the peer
  std::uint64_t refused = 0;       ///< packets dropped for another reason: malformed, wrong source on a clear leg
  std::uint64_t kernel_drops = 0;  ///< datagrams that came faster than we took them
  std::uint64_t lost = 0;
  double jitter_ms = 0;
  double round_trip_ms = 0;
  /// How well the peer is heard (ITU-T G.107): R from 0 to 93.2, MOS from 1 to 4.5; both 0 before a packet came.
  double r_factor = 0, mos = 0;
  std::optional<HeardByPeer> heard_by_peer;
};

}  // namespace ringwall::media
