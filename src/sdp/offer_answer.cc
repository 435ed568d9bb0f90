#include "sdp/offer_answer.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "sdp/codec_choice.h"
#include "sdp/crypto_choice.h"
#include "sdp/dtls_choice.h"
#include "sdp/ice_choice.h"

namespace ringwall::sdp {
namespace {

constexpr std::uint32_t packet_ms = 20;

bool sends(Direction direction) {
  return direction == Direction::sendrecv || direction == Direction::sendonly;
}
bool receives(Direction direction) {
  return direction == Direction::sendrecv || direction == Direction::recvonly;
}
Direction make_direction(bool send, bool receive) {
  if (send) return receive ? Direction::sendrecv : Direction::sendonly;
  return receive ? Direction::recvonly : Direction::inactive;
}

/// What is left of our direction when the peer says `theirs` (RFC 3264 section 6.1).
Direction meet(Direction ours, Direction theirs) {
  return make_direction(sends(ours) && receives(theirs), receives(ours) && sends(theirs));
}

/// The profile without the feedback suffix: "RTP/SAVPF" counts as "RTP/SAVP". RFC 4585 section 5.1 lets us answer in
/// kind.
bool is_secure(std::string_view protocol) {
  return protocol == "RTP/SAVP" || protocol == "RTP/SAVPF" || is_dtls_profile(protocol);
}
bool is_clear(std::string_view protocol) {
  return protocol == "RTP/AVP" || protocol == "RTP/AVPF";
}

/// What is common to both ways to agree on keys; answer_keys() looks at the rest.
Result<> check_profile(const MediaDescription& media, bool secure) {
  if (is_secure(media.protocol) ? secure : (is_clear(media.protocol) && !secure)) return {};
  if (is_clear(media.protocol))
    return fail("the audio is offered in the clear (" + media.protocol + "), this leg takes SRTP only (RTP/SAVP)",
                "SDP", "switch on SRTP with SDES keys (RFC 4568) at the peer; a leg without it needs a waiver");
  if (is_secure(media.protocol))
    return fail("the audio is offered as " + media.protocol + ", this leg is waived to plain RTP/AVP", "SDP",
                "give the peer's trunk an encrypted profile: it needs no waiver");
  return fail("the audio profile " + media.protocol.substr(0, 40) + " is not supported", "SDP",
              "offer RTP/SAVP with SDES keys (RFC 4568)");
}

/// Where the peer wants its packets. A c= that is no address cannot be sent to.
Result<> read_remote(const MediaDescription& media, Agreed& agreed) {
  const bool v6 = media.address.find(':') != std::string::npos;
  const auto address = parse_net_address(v6 ? "[" + media.address + "]" : media.address, 1);
  if (!address) return fail("the media address '" + media.address.substr(0, 60) + "' is not an IP address", "SDP");
  agreed.remote = {address->ip, media.port};
  if (agreed.rtcp_mux) {
    agreed.remote_rtcp_port = media.port;
  } else if (media.rtcp_port != 0) {
    agreed.remote_rtcp_port = media.rtcp_port;
  } else {
    agreed.remote_rtcp_port = media.port == 0xffff ? std::uint16_t{0} : static_cast<std::uint16_t>(media.port + 1);
  }
  // An address of zeros is the old way to put a call on hold (RFC 3264 section 8.4); with ICE it says nothing.
  if (agreed.ice) return {};
  if (address->ip == "0.0.0.0" || address->ip == "::") agreed.direction = meet(agreed.direction, Direction::sendonly);
  return {};
}

SessionDescription make_session(const Local& local) {
  SessionDescription out;
  out.session_id = local.session_id;
  out.version = local.version;
  out.origin_address = local.address.ip;
  return out;
}

MediaDescription make_audio(const Local& local) {
  MediaDescription media;
  media.port = local.address.port;
  media.address = local.address.ip;
  media.protocol = local.suites.empty() ? "RTP/AVP" : "RTP/SAVP";
  media.direction = local.direction;
  media.packet_ms = packet_ms;
  return media;
}

/// The same line with port zero (RFC 3264 section 6).
MediaDescription refused(const MediaDescription& offered) {
  MediaDescription out;
  out.kind = offered.kind;
  out.protocol = offered.protocol;
  out.formats = offered.formats;
  for (Format& format : out.formats)
    format.parameters.clear();
  out.format_text = offered.format_text;
  out.address = offered.address;
  out.direction = Direction::inactive;
  return out;
}

Result<> answer_keys(const MediaDescription& offered, const Local& local, MediaDescription& out, Agreed& agreed) {
  if (offered_exchange(offered, local) == KeyExchange::dtls) return answer_dtls(offered, local, out, agreed);
  if (std::ranges::find(local.key_exchanges, KeyExchange::sdes) == local.key_exchanges.end())
    return fail(
        "the audio is offered with SDES keys, this leg takes DTLS keys only", "SDP",
        "offer UDP/TLS/RTP/SAVP with a fingerprint (RFC 5763), or allow \"sdes\" in the profile's key_exchange");
  TRY(const CryptoAttribute* crypto, choose_crypto(offered.crypto, local.suites));
  for (const std::string& suite : local.suites) {  // in our spelling
    if (equals_ignoring_case(suite, crypto->suite)) agreed.suite = suite;
  }
  out.crypto.push_back(answer_crypto(*crypto, local, agreed));
  return {};
}

/// Answers one audio line that is in use.
Result<MediaDescription> answer_audio(const SessionDescription& offer, const MediaDescription& offered,
                                      const Local& local, SessionDescription& answer, Agreed& agreed) {
  TRY_VOID(check_profile(offered, !local.suites.empty()));
  MediaDescription out = make_audio(local);
  out.protocol = offered.protocol;
  TRY_VOID(answer_codecs(offered, local, out, agreed));
  if (!local.suites.empty()) TRY_VOID(answer_keys(offered, local, out, agreed));
  out.rtcp_mux = agreed.rtcp_mux = offered.rtcp_mux;
  agreed.direction = meet(local.direction, offered.direction);
  if (local.ice) answer_ice(offer, offered, *local.ice, answer, out, agreed);
  TRY_VOID(read_remote(offered, agreed));
  out.direction = agreed.direction;
  return out;
}

/// The audio line of an answer, held against the one that was offered.
Result<> check_answer_line(const MediaDescription& offered, const MediaDescription& answered) {
  if (answered.kind != offered.kind) return fail("the answer's media line is not the offered one", "SDP answer");
  if (answered.port == 0) return fail("the peer refused the audio stream", "SDP answer");
  if (answered.protocol != offered.protocol)
    return fail(
        "the answer's profile " + answered.protocol.substr(0, 40) + " was not offered (" + offered.protocol + ")",
        "SDP answer");
  for (const Format& format : answered.formats) {
    bool known = false;
    for (const Format& mine : offered.formats)
      known = known || same_encoding(mine, format);
    if (!known)
      return fail(
          fmt::format("the answer's format {} {} was not offered", format.payload_type, format.encoding.substr(0, 40)),
          "SDP answer");
  }
  return {};
}

/// The key exchange of an answer: exactly one attribute, with a tag and suite of ours (RFC 4568 section 5.1.3).
Result<> apply_crypto(const MediaDescription& offered, const MediaDescription& answered, Agreed& agreed) {
  if (offered.crypto.empty()) {
    if (!answered.crypto.empty())
      return fail("the answer holds a crypto attribute, but none was offered", "SDP answer");
    return {};
  }
  if (answered.crypto.size() != 1)
    return fail(fmt::format("the answer holds {} crypto attributes instead of one", answered.crypto.size()),
                "SDP answer");
  const CryptoAttribute& theirs = answered.crypto.front();
  for (const CryptoAttribute& mine : offered.crypto) {
    if (mine.tag != theirs.tag) continue;
    if (!equals_ignoring_case(mine.suite, theirs.suite))
      return fail(fmt::format("the answer changed the suite of crypto attribute {}", theirs.tag), "SDP answer");
    if (const char* why = why_unusable(theirs))
      return fail(fmt::format("crypto attribute {} of the answer cannot be used: {}", theirs.tag, why), "SDP answer");
    agreed.suite = mine.suite;
    agreed.local_key = mine.key_and_salt;
    take_peer_keys(theirs, agreed);
    return {};
  }
  return fail(fmt::format("the answer chose crypto attribute {}, which was not offered", theirs.tag), "SDP answer");
}

void offer_keys(const Local& local, MediaDescription& out) {
  CHECK(!local.key_exchanges.empty());
  if (local.key_exchanges.front() == KeyExchange::dtls) return offer_dtls(local, out);
  std::uint32_t tag = 0;
  for (const std::string& suite : local.suites) {
    const std::size_t length = key_and_salt_length(suite);
    CHECK(length != 0);  // the configuration only lets known suites through
    out.crypto.push_back({++tag, suite, local.random_key(length), {}, {}, {}});
  }
}

}  // namespace

SessionDescription make_offer(const Local& local) {
  SessionDescription offer = make_session(local);
  MediaDescription media = make_audio(local);
  media.formats = formats_for(local.codecs);
  media.rtcp_mux = true;
  if (!local.suites.empty()) offer_keys(local, media);
  offer.media.push_back(std::move(media));
  if (local.ice) offer_ice(offer, *local.ice);
  return offer;
}

Result<Answered> make_answer(const SessionDescription& offer, const Local& local) {
  Answered out{make_session(local), {}};
  std::optional<Error> trouble;
  bool answered = false;
  bool stopped = false;
  for (const MediaDescription& offered : offer.media) {
    if (!answered && offered.kind == "audio" && offered.port != 0) {
      Agreed agreed;
      auto media = answer_audio(offer, offered, local, out.answer, agreed);
      if (media) {
        out.answer.media.push_back(std::move(*media));
        out.agreed = std::move(agreed);
        answered = true;
        continue;
      }
      if (!trouble) trouble = std::move(media.error());
    }
    stopped = stopped || (offered.kind == "audio" && offered.port == 0);
    out.answer.media.push_back(refused(offered));
  }
  answer_bundle(offer, out.answer);
  if (answered) return out;
  if (trouble) return std::unexpected(std::move(*trouble));
  if (!stopped) return fail("there is no audio in the offer", "SDP");
  out.agreed.direction = Direction::inactive;
  return out;
}

Result<Agreed> apply_answer(const SessionDescription& offer, const SessionDescription& answer) {
  if (answer.media.size() != offer.media.size())
    return fail(fmt::format("the answer has {} media lines, {} were offered", answer.media.size(), offer.media.size()),
                "SDP answer");
  if (offer.media.empty()) return fail("there is no audio in the offer", "SDP answer");
  const MediaDescription& offered = offer.media.front();
  const MediaDescription& answered = answer.media.front();
  TRY_VOID(check_answer_line(offered, answered));
  Agreed agreed;
  TRY_VOID(apply_codecs(offered, answered, agreed));
  if (is_dtls_profile(offered.protocol)) {
    TRY_VOID(apply_dtls(offered, answered, agreed));
  } else {
    TRY_VOID(apply_crypto(offered, answered, agreed));
  }
  agreed.rtcp_mux = offered.rtcp_mux && answered.rtcp_mux;
  agreed.direction = meet(offered.direction, answered.direction);
  apply_ice(offer, answer, agreed);
  TRY_VOID(read_remote(answered, agreed));
  return agreed;
}

}  // namespace ringwall::sdp
