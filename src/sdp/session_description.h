#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/net_address.h"
#include "base/result.h"
#include "base/secret.h"

/// Session descriptions (RFC 8866) with what secure audio needs: crypto attributes (RFC 4568), rtpmap/fmtp, rtcp,
/// rtcp-mux.
namespace ringwall::sdp {

enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };
Direction reversed(Direction direction);  ///< as the other side sees it

/// inline:<key||salt>[|lifetime][|MKI:length] (RFC 4568 section 6.1)
struct InlineKey {
  Secret key_and_salt;   ///< decoded
  std::string lifetime;  ///< as written, e.g. "2^48"; empty if absent
  std::string mki;       ///< as written, e.g. "1:4"; empty if absent
};

/// a=crypto:<tag> <suite> <inline key>[;<inline key> ...] [session parameters]
struct CryptoAttribute {
  std::uint32_t tag = 1;
  std::string suite;               ///< "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80", ...
  Secret key_and_salt;             ///< of the first key, and so the next two; empty if the keys cannot be read
  std::string lifetime;            ///< as written, e.g. "2^48"; empty if absent
  std::string mki;                 ///< as written, e.g. "1:4"; empty if absent
  std::string session_parameters;  ///< e.g. "UNENCRYPTED_SRTP"; anything here that weakens the stream must be refused
  std::vector<InlineKey> more_keys{};
};

/// a=fingerprint (RFC 8122)
struct Fingerprint {
  std::string hash;                 ///< as written, lower case: "sha-256"
  std::vector<std::uint8_t> value;  ///< decoded
  bool operator==(const Fingerprint&) const = default;
};

/// a=setup (RFC 4145, RFC 8842)
enum class Setup : std::uint8_t { absent, actpass, active, passive, holdconn };

/// a=candidate (RFC 8839 section 5.1)
struct Candidate {
  std::string foundation;
  std::uint16_t component = 1;
  std::string transport;  ///< "udp"; others are kept and not used
  std::uint32_t priority = 0;
  NetAddress address;
  std::string type;  ///< "host", "srflx", "prflx", "relay"
  std::optional<NetAddress> related;
};

struct Format {
  std::uint8_t payload_type = 0;
  std::string encoding;  ///< "PCMU", "telephone-event"; static types are filled in when a=rtpmap is missing
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string parameters;  ///< a=fmtp
};

struct Attribute {
  std::string name;
  std::string value;  ///< empty for a flag
};

struct MediaDescription {
  std::string kind = "audio";
  std::uint16_t port = 0;  ///< 0 = refused or unused
  std::string protocol;    ///< "RTP/SAVP", "RTP/AVP", ...
  std::vector<Format> formats;
  std::string format_text;  ///< the fmt list as written, for protocols that are not RTP
  std::string address;      ///< c= of the medium or, failing that, of the session
  std::vector<CryptoAttribute> crypto;
  Direction direction = Direction::sendrecv;
  std::uint32_t packet_ms = 0;  ///< a=ptime, 0 = absent
  std::uint16_t rtcp_port = 0;  ///< a=rtcp, 0 = absent (then port + 1)
  bool rtcp_mux = false;
  std::vector<Fingerprint> fingerprints;  ///< of the medium or, failing that, of the session
  Setup setup = Setup::absent;            ///< likewise
  std::string tls_id;                     ///< a=tls-id (RFC 8842 section 4), likewise
  std::string ice_ufrag;                  ///< likewise
  Secret ice_password;
  std::vector<Candidate> candidates;
  bool end_of_candidates = false;
  std::string mid;                    ///< a=mid (RFC 5888)
  std::vector<Attribute> attributes;  ///< all others, in order
};

struct SessionDescription {
  std::string user = "-";
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  std::string origin_address;
  std::string name = "-";
  bool ice_lite = false;
  bool trickle = false;             ///< a=ice-options:trickle (RFC 8840)
  std::vector<std::string> bundle;  ///< the mids of a=group:BUNDLE (RFC 9143)
  std::vector<Attribute> attributes;
  std::vector<MediaDescription> media;
};

/// Reads hostile text within limits::sdp_*; errors name the line.
Result<SessionDescription> parse(std::string_view text);
std::string print(const SessionDescription& description);

}  // namespace ringwall::sdp
