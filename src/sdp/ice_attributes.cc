#include "sdp/ice_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "sdp/line_reader.h"
#include "sdp/static_formats.h"

namespace ringwall::sdp {
namespace {

constexpr std::array<std::string_view, 4> candidate_types = {"host", "srflx", "prflx", "relay"};
constexpr std::size_t longest_word = 256, longest_foundation = 32;

bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool are_ice_chars(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && std::ranges::all_of(text, is_ice_char);
}

/// A word that may stand in an SDP line again.
bool is_token(std::string_view word) {
  return !word.empty() && word.size() <= longest_word &&
         std::ranges::all_of(word, [](char c) { return c > ' ' && c < 0x7f; });
}

/// "raddr 10.0.0.1 rport 9", and whatever else comes in pairs.
void read_extensions(std::string_view rest, Candidate& out) {
  NetAddress related;
  while (!rest.empty()) {
    const std::string_view name = take_word(rest), value = take_word(rest);
    if (name == "raddr" && is_token(value)) related.ip = value;
    if (name == "rport") related.port = parse_unsigned<std::uint16_t>(value).value_or(0);
  }
  if (!related.ip.empty()) out.related = related;
}

bool read_bundle(SessionDescription& session, std::string_view value) {
  if (take_word(value) != "BUNDLE" || !session.bundle.empty()) return false;
  std::vector<std::string> mids;
  while (!value.empty()) {
    const std::string_view mid = take_word(value);
    if (mid.empty()) continue;
    if (!is_token(mid) || mids.size() == limits::sdp_media) return false;
    mids.emplace_back(mid);
  }
  session.bundle = std::move(mids);
  return !session.bundle.empty();
}

}  // namespace

std::optional<Candidate> parse_candidate(std::string_view value) {
  Candidate out;
  out.foundation = take_word(value);
  const auto component = parse_unsigned<std::uint16_t>(take_word(value));
  out.transport = to_lower(take_word(value));
  const auto priority = parse_unsigned<std::uint32_t>(take_word(value));
  out.address.ip = take_word(value);
  const auto port = parse_unsigned<std::uint16_t>(take_word(value));
  const std::string_view keyword = take_word(value);
  out.type = take_word(value);
  if (!are_ice_chars(out.foundation, 1, longest_foundation) || !component || *component == 0 || *component > 256 ||
      !is_token(out.transport) || !priority || !is_token(out.address.ip) || !port || keyword != "typ" ||
      std::ranges::find(candidate_types, out.type) == candidate_types.end())
    return std::nullopt;
  out.component = *component;
  out.priority = *priority;
  out.address.port = *port;
  read_extensions(value, out);
  return out;
}

std::string print_candidate(const Candidate& candidate) {
  std::string out =
      fmt::format("{} {} {} {} {} {} typ {}", candidate.foundation, candidate.component, candidate.transport,
                  candidate.priority, candidate.address.ip, candidate.address.port, candidate.type);
  if (candidate.related) out += fmt::format(" raddr {} rport {}", candidate.related->ip, candidate.related->port);
  return out;
}

bool is_ice_ufrag(std::string_view text) {
  return are_ice_chars(text, 4, 256);
}
bool is_ice_password(std::string_view text) {
  return are_ice_chars(text, 22, 256);
}

bool read_ice_attribute(SessionDescription& session, const Attribute& attribute) {
  if (attribute.name == "ice-lite" && attribute.value.empty()) return session.ice_lite = true;
  if (attribute.name == "group") return read_bundle(session, attribute.value);
  if (attribute.name != "ice-options") return false;
  std::string_view rest = attribute.value;
  while (!rest.empty())
    if (take_word(rest) == "trickle") session.trickle = true;
  return true;
}

bool read_ice_attribute(MediaDescription& media, const Attribute& attribute) {
  const std::string& value = attribute.value;
  if (attribute.name == "mid" && is_token(value)) {
    media.mid = value;
    return true;
  }
  if (!carries_rtp(media.protocol)) return false;
  if (attribute.name == "ice-ufrag" && is_ice_ufrag(value)) {
    media.ice_ufrag = value;
    return true;
  }
  if (attribute.name == "ice-pwd" && is_ice_password(value)) {
    media.ice_password = Secret(std::string_view(value));
    return true;
  }
  if (attribute.name == "end-of-candidates" && value.empty()) return media.end_of_candidates = true;
  if (attribute.name != "candidate" || media.candidates.size() == limits::sdp_candidates) return false;
  auto candidate = parse_candidate(value);
  if (candidate) media.candidates.push_back(std::move(*candidate));
  return candidate.has_value();
}

bool SessionIce::read(const Attribute& attribute) {
  if (attribute.name == "ice-ufrag" && is_ice_ufrag(attribute.value)) {
    ufrag = attribute.value;
    return true;
  }
  if (attribute.name == "ice-pwd" && is_ice_password(attribute.value)) {
    password = Secret(std::string_view(attribute.value));
    return true;
  }
  if (attribute.name == "end-of-candidates" && attribute.value.empty()) return end_of_candidates = true;
  return false;
}

void SessionIce::inherit(MediaDescription& media) const {
  if (!carries_rtp(media.protocol)) return;
  if (media.ice_ufrag.empty()) media.ice_ufrag = ufrag;
  if (media.ice_password.empty()) media.ice_password = password;
  media.end_of_candidates = media.end_of_candidates || end_of_candidates;
}

}  // namespace ringwall::sdp
