#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sdp/session_description.h"

namespace ringwall::sdp {

/// How the keys of SRTP are agreed: in the signalling (RFC 4568) or on the media path (RFC 5763).
enum class KeyExchange : std::uint8_t { sdes, dtls };

/// What we say of ourselves for ICE (RFC 8839).
struct LocalIce {
  std::string ufrag;
  Secret password;
  bool lite = false;
  std::vector<Candidate> candidates;
};

/// One side's means for one audio stream.
struct Local {
  NetAddress address;  ///< where we receive RTP; RTCP is on the same port (mux) or the next one
  /// In order of preference: "PCMU", "PCMA", "G722", "opus", "L16"; "CN" takes and offers comfort noise;
  /// telephone-event is always added.
  std::vector<std::string> codecs;
  std::vector<std::string> suites;  ///< SDES suites in order of preference; empty only on a waiver leg: then RTP/AVP
  Direction direction = Direction::sendrecv;
  std::uint64_t session_id = 1;
  std::uint64_t version = 1;
  std::function<Secret(std::size_t)> random_key;  ///< fresh key||salt of that many bytes
  /// An offer uses the first; an answer takes what was offered if it is among these. Not looked at on a waiver leg.
  std::vector<KeyExchange> key_exchanges{KeyExchange::sdes};
  std::vector<Fingerprint> fingerprints;  ///< of our certificate; needed for dtls
  std::string tls_id;                     ///< of our DTLS association (RFC 8842 section 4); empty: none is said
  std::optional<bool> dtls_active;        ///< our role in the association that there is; an answer keeps it
  std::optional<LocalIce> ice;            ///< offered, and answered where the peer has ICE too
};

/// One of several keys of the peer, told apart by what each packet names (RFC 3711 section 3.1).
struct MasterKey {
  Secret key_and_salt;
  std::vector<std::uint8_t> mki;
};

/// What the peer asks of us as senders of Opus (RFC 7587 section 6.1).
struct OpusWishes {
  bool error_correction = false;
  std::uint32_t most_bits_per_second = 0;  ///< 0: not said
  bool operator==(const OpusWishes&) const = default;
};

/// What both sides agreed on, from our point of view.
struct Agreed {
  NetAddress remote;
  std::uint16_t remote_rtcp_port = 0;
  bool rtcp_mux = false;
  std::string codec;  ///< as in Local.codecs
  std::uint8_t payload_type = 0;
  OpusWishes opus;
  std::optional<std::uint8_t> dtmf_payload_type;
  std::uint32_t dtmf_clock_rate = 8000;
  std::optional<std::uint8_t> comfort_noise_payload_type;  ///< RFC 3389
  std::string suite;                                       ///< empty on a waiver leg
  Secret local_key;                                        ///< key||salt of what we send
  Secret remote_key;                                       ///< key||salt of what the peer sends
  std::vector<std::uint8_t> local_mki, remote_mki;         ///< as in the packets; empty: none
  std::vector<MasterKey> more_remote_keys;
  std::uint64_t lifetime = 0;  ///< packets under one key, the least that either side named; 0: no side did
  Direction direction = Direction::sendrecv;
  // dtls: the keys above are empty
  bool dtls = false;
  bool dtls_active = false;               ///< we send the ClientHello (RFC 8842 section 5)
  std::vector<Fingerprint> fingerprints;  ///< one of these the peer's certificate must have
  std::string tls_id;                     ///< the peer's, if it says one
  // ice
  bool ice = false;
  std::string remote_ufrag;
  Secret remote_password;
  std::vector<Candidate> remote_candidates;
  bool remote_lite = false;
};

/// Key plus salt length in bytes of a suite, 0 if it is unknown (RFC 4568 6.2, RFC 6188, RFC 7714).
std::size_t key_and_salt_length(std::string_view suite);

SessionDescription make_offer(const Local& local);

/// Our answer to their offer (RFC 3264, RFC 4568 5.1.2). Fails with the reason for a 488: a clear offer where suites
/// are required (and the other way round), no common suite or codec, weakening session parameters, no audio. An offer
/// whose audio lines all have port 0 (a stream that is stopped) is answered with port 0: then `agreed` has no codec and
/// is inactive.
struct Answered {
  SessionDescription answer;
  Agreed agreed;
};
Result<Answered> make_answer(const SessionDescription& offer, const Local& local);

/// What their answer to our offer means. `offer` is exactly what make_offer returned. A suite, tag, codec or media line
/// that was not offered is an error.
Result<Agreed> apply_answer(const SessionDescription& offer, const SessionDescription& answer);

}  // namespace ringwall::sdp
