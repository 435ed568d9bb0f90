#include "sdp/session_description.h"

#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "sdp/crypto_attribute.h"
#include "sdp/dtls_attributes.h"
#include "sdp/ice_attributes.h"
#include "sdp/line_reader.h"
#include "sdp/static_formats.h"

namespace ringwall::sdp {
namespace {

constexpr std::array<std::string_view, 4> direction_names = {"sendrecv", "sendonly", "recvonly", "inactive"};

std::optional<Direction> parse_direction(std::string_view name) {
  for (std::size_t i = 0; i < direction_names.size(); ++i) {
    if (name == direction_names[i]) return static_cast<Direction>(i);
  }
  return std::nullopt;
}

/// Reads one description line by line; what the session level says serves the media that say nothing themselves.
class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(text) {}
  Result<SessionDescription> run();

 private:
  Result<> read_line();
  Result<> read_origin(std::string_view value);
  Result<> read_connection(std::string_view value);
  Result<> read_media(std::string_view value);
  Result<> read_formats(MediaDescription& media, std::string_view value);
  Result<> read_attribute(std::string_view value);
  Result<bool> read_media_attribute(MediaDescription& media, const Attribute& attribute);
  Result<bool> read_rtpmap(MediaDescription& media, std::string_view value);

  LineReader lines_;
  SessionDescription out_;
  std::string session_address_;
  Direction session_direction_ = Direction::sendrecv;
  SessionIce session_ice_;
  DtlsAttributes session_dtls_;
  std::vector<DtlsAttributes> media_dtls_;  ///< of each medium
  std::vector<bool> has_direction_;         ///< of each medium
  bool has_origin_ = false;
};

Result<SessionDescription> Parser::run() {
  TRY(const bool any, lines_.next());
  if (!any || lines_.type() != 'v' || lines_.value() != "0")
    return lines_.mistake("a session description begins with v=0");
  for (;;) {
    TRY(const bool more, lines_.next());
    if (!more) break;
    TRY_VOID(read_line());
  }
  if (!has_origin_) return fail("there is no o= line", "SDP");
  for (std::size_t i = 0; i < out_.media.size(); ++i) {
    MediaDescription& media = out_.media[i];
    if (media.address.empty()) media.address = session_address_;
    if (!has_direction_[i]) media.direction = session_direction_;
    session_ice_.inherit(media);
    if (carries_rtp(media.protocol)) DtlsAttributes::apply(std::move(media_dtls_[i]), session_dtls_, media);
  }
  return std::move(out_);
}

Result<> Parser::read_line() {
  const std::string_view value = lines_.value();
  switch (lines_.type()) {
    case 'o':
      return read_origin(value);
    case 's':
      out_.name = value.empty() ? "-" : value;
      return {};
    case 'c':
      return read_connection(value);
    case 'm':
      return read_media(value);
    case 'a':
      return read_attribute(value);
    case 'v':
      return lines_.mistake("v= stands twice");
    default:
      return {};  // i= u= e= p= b= t= r= z= k= say nothing that a call needs
  }
}

Result<> Parser::read_origin(std::string_view value) {
  if (has_origin_ || !out_.media.empty()) return lines_.mistake("o= stands twice or after m=");
  has_origin_ = true;
  const std::string_view user = take_word(value);
  const auto id = parse_unsigned<std::uint64_t>(take_word(value));
  const auto version = parse_unsigned<std::uint64_t>(take_word(value));
  const std::string_view net_type = take_word(value);
  const std::string_view address_type = take_word(value);
  const std::string_view address = take_word(value);
  if (user.empty() || !id || !version || net_type.empty() || address_type.empty() || address.empty())
    return lines_.mistake("o= is not: user, session id, version, IN, IP4 or IP6, address");
  out_.user = user;
  out_.session_id = *id;
  out_.version = *version;
  out_.origin_address = address;
  return {};
}

Result<> Parser::read_connection(std::string_view value) {
  const std::string_view net_type = take_word(value);
  const std::string_view address_type = take_word(value);
  std::string_view rest = take_word(value);
  const std::string_view address = take_until(rest, '/');  // a multicast TTL follows the slash
  if (net_type != "IN" || (address_type != "IP4" && address_type != "IP6") || address.empty())
    return lines_.mistake("c= is not: IN, IP4 or IP6, address");
  std::string& slot = out_.media.empty() ? session_address_ : out_.media.back().address;
  if (slot.empty()) slot = address;
  return {};
}

Result<> Parser::read_media(std::string_view value) {
  if (out_.media.size() == limits::sdp_media) return lines_.mistake("there are more than 16 media lines");
  MediaDescription media;
  media.kind = take_word(value);
  std::string_view ports = take_word(value);
  const auto port = parse_unsigned<std::uint16_t>(take_until(ports, '/'));
  media.protocol = take_word(value);
  const std::string_view formats = trim(value);
  if (media.kind.empty() || !port || media.protocol.empty() || formats.empty())
    return lines_.mistake("m= is not: kind, port, protocol, formats");
  media.port = *port;
  if (carries_rtp(media.protocol)) {
    TRY_VOID(read_formats(media, formats));
  } else {
    media.format_text = formats;
  }
  out_.media.push_back(std::move(media));
  has_direction_.push_back(false);
  media_dtls_.emplace_back();
  return {};
}

Result<> Parser::read_formats(MediaDescription& media, std::string_view value) {
  while (!value.empty()) {
    const std::string_view word = take_word(value);
    if (word.empty()) continue;
    const auto number = parse_unsigned<std::uint8_t>(word);
    if (!number || *number > 127) return lines_.mistake("an RTP format is not a payload type from 0 to 127");
    if (media.formats.size() == limits::sdp_formats) return lines_.mistake("a medium has more than 128 formats");
    media.formats.push_back(static_format(*number));
  }
  return {};
}

Result<> Parser::read_attribute(std::string_view value) {
  const std::string_view name = trim(take_until(value, ':'));
  if (name.empty()) return lines_.mistake("an attribute has no name");
  Attribute attribute{std::string(name), std::string(value)};
  if (!out_.media.empty()) {
    TRY(const bool known, read_media_attribute(out_.media.back(), attribute));
    if (!known) out_.media.back().attributes.push_back(std::move(attribute));
    return {};
  }
  const auto dtls = session_dtls_.read(attribute);
  if (!dtls) return lines_.mistake(dtls.error().what);
  if (const auto direction = parse_direction(attribute.name)) {
    session_direction_ = *direction;
  } else if (!*dtls && !read_ice_attribute(out_, attribute) && !session_ice_.read(attribute)) {
    out_.attributes.push_back(std::move(attribute));
  }
  return {};
}

/// False for an attribute that is only kept.
Result<bool> Parser::read_media_attribute(MediaDescription& media, const Attribute& attribute) {
  std::string_view value = attribute.value;
  if (const auto direction = parse_direction(attribute.name)) {
    media.direction = *direction;
    has_direction_.back() = true;
    return true;
  }
  if (read_ice_attribute(media, attribute)) return true;
  if (!carries_rtp(media.protocol)) return false;
  if (attribute.name == "ice-options") return read_ice_attribute(out_, attribute);  // where browsers write it
  const auto dtls = media_dtls_.back().read(attribute);
  if (!dtls) return lines_.mistake(dtls.error().what);
  if (*dtls) return true;
  if (attribute.name == "rtpmap") return read_rtpmap(media, value);
  if (attribute.name == "fmtp") {
    const auto number = parse_unsigned<std::uint8_t>(take_word(value));
    for (Format& format : media.formats) {
      if (format.payload_type == number) format.parameters = trim(value);
    }
    return true;
  }
  if (attribute.name == "crypto") {
    auto crypto = parse_crypto(value);
    if (!crypto) return lines_.mistake(crypto.error().what);
    if (media.crypto.size() == limits::sdp_crypto_attributes)
      return lines_.mistake(fmt::format("there are more than {} crypto attributes", limits::sdp_crypto_attributes));
    media.crypto.push_back(std::move(*crypto));
    return true;
  }
  if (attribute.name == "rtcp-mux") return media.rtcp_mux = true;
  if (attribute.name == "rtcp" || attribute.name == "ptime") {
    const auto number = parse_unsigned<std::uint16_t>(take_word(value));
    if (!number) return false;
    if (attribute.name == "rtcp") media.rtcp_port = *number;
    if (attribute.name == "ptime") media.packet_ms = *number;
    return true;
  }
  return false;
}

/// "0 PCMU/8000[/1]"
Result<bool> Parser::read_rtpmap(MediaDescription& media, std::string_view value) {
  const auto number = parse_unsigned<std::uint8_t>(take_word(value));
  std::string_view rest = take_word(value);
  const std::string_view encoding = take_until(rest, '/');
  const auto clock_rate = parse_unsigned<std::uint32_t>(take_until(rest, '/'));
  const auto channels = rest.empty() ? std::uint8_t{1} : parse_unsigned<std::uint8_t>(rest);
  if (!number || *number > 127 || encoding.empty() || !clock_rate || !channels)
    return lines_.mistake("rtpmap is not: payload type, encoding/clock rate/channels");
  for (Format& format : media.formats) {
    if (format.payload_type != *number) continue;
    format.encoding = encoding;
    format.clock_rate = *clock_rate;
    format.channels = *channels;
  }
  return true;
}

}  // namespace

Direction reversed(Direction direction) {
  if (direction == Direction::sendonly) return Direction::recvonly;
  return direction == Direction::recvonly ? Direction::sendonly : direction;
}

Result<SessionDescription> parse(std::string_view text) {
  if (text.size() > limits::sdp_bytes) return fail("the session description is larger than 32768 bytes", "SDP");
  return Parser(text).run();
}

}  // namespace ringwall::sdp
