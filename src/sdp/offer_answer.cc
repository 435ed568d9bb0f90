#include "sdp/offer_answer.h"

#include "base/check.h"
#include "base/text.h"
#include "sdp/codec_choice.h"
#include "sdp/crypto_choice.h"

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
  return protocol == "RTP/SAVP" || protocol == "RTP/SAVPF";
}
bool is_clear(std::string_view protocol) {
  return protocol == "RTP/AVP" || protocol == "RTP/AVPF";
}

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
  // An address of zeros is the old way to put a call on hold (RFC 3264 section 8.4).
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

/// Answers one audio line that is in use.
Result<MediaDescription> answer_audio(const MediaDescription& offered, const Local& local, Agreed& agreed) {
  TRY_VOID(check_profile(offered, !local.suites.empty()));
  const Format* codec = choose_codec(offered.formats, local.codecs);
  if (codec == nullptr)
    return fail(fmt::format("no common codec: accepted are {}", fmt::join(local.codecs, ", ")), "SDP");
  MediaDescription out = make_audio(local);
  out.protocol = offered.protocol;
  out.formats.push_back(*codec);
  out.formats.back().parameters.clear();
  for (const std::string& name : local.codecs) {  // in our spelling
    if (equals_ignoring_case(name, codec->encoding)) agreed.codec = name;
  }
  agreed.payload_type = codec->payload_type;
  if (const Format* dtmf = find_dtmf(offered.formats)) {
    out.formats.push_back(*dtmf);
    out.formats.back().parameters = "0-15";
    agreed.dtmf_payload_type = dtmf->payload_type;
  }
  if (!local.suites.empty()) {
    TRY(const CryptoAttribute* crypto, choose_crypto(offered.crypto, local.suites));
    agreed.suite = crypto->suite;
    agreed.remote_key = crypto->key_and_salt;
    agreed.local_key = local.random_key(crypto->key_and_salt.size());
    out.crypto.push_back({crypto->tag, crypto->suite, agreed.local_key, {}, {}, {}});
  }
  out.rtcp_mux = agreed.rtcp_mux = offered.rtcp_mux;
  agreed.direction = meet(local.direction, offered.direction);
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
    if (mine.suite != theirs.suite)
      return fail(fmt::format("the answer changed the suite of crypto attribute {}", theirs.tag), "SDP answer");
    if (const char* why = why_unusable(theirs))
      return fail(fmt::format("crypto attribute {} of the answer cannot be used: {}", theirs.tag, why), "SDP answer");
    agreed.suite = mine.suite;
    agreed.local_key = mine.key_and_salt;
    agreed.remote_key = theirs.key_and_salt;
    return {};
  }
  return fail(fmt::format("the answer chose crypto attribute {}, which was not offered", theirs.tag), "SDP answer");
}

}  // namespace

SessionDescription make_offer(const Local& local) {
  SessionDescription offer = make_session(local);
  MediaDescription media = make_audio(local);
  media.formats = formats_for(local.codecs);
  media.rtcp_mux = true;
  std::uint32_t tag = 0;
  for (const std::string& suite : local.suites) {
    const std::size_t length = key_and_salt_length(suite);
    CHECK(length != 0);  // the configuration only lets known suites through
    media.crypto.push_back({++tag, suite, local.random_key(length), {}, {}, {}});
  }
  offer.media.push_back(std::move(media));
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
      auto media = answer_audio(offered, local, agreed);
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
  for (const Format& format : answered.formats) {
    if (is_dtmf(format) && !agreed.dtmf_payload_type) agreed.dtmf_payload_type = format.payload_type;
    if (is_dtmf(format) || !agreed.codec.empty()) continue;
    for (const Format& mine : offered.formats) {
      if (same_encoding(mine, format)) agreed.codec = mine.encoding;
    }
    agreed.payload_type = format.payload_type;
  }
  if (agreed.codec.empty()) return fail("the answer holds no codec", "SDP answer");
  TRY_VOID(apply_crypto(offered, answered, agreed));
  agreed.rtcp_mux = offered.rtcp_mux && answered.rtcp_mux;
  agreed.direction = meet(offered.direction, answered.direction);
  TRY_VOID(read_remote(answered, agreed));
  return agreed;
}

}  // namespace ringwall::sdp
