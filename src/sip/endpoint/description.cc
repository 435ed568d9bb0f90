#include "sip/endpoint/description.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "sip/message/multipart.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view sdp_type = "application/sdp";

bool is_description(std::string_view type, std::string_view content) {
  if (content.empty()) return false;
  if (equals_ignoring_case(media_type(type), sdp_type)) return true;
  const auto part = find_part(type, content, sdp_type);
  return part && part->has_value();
}

}  // namespace

bool is_description(const Message& message) {
  const std::string_view disposition = message.header(HeaderName::content_disposition);
  const std::string_view main = trim(disposition.substr(0, disposition.find(';')));
  if (!main.empty() && !equals_ignoring_case(main, "session")) return false;
  return is_description(message.header(HeaderName::content_type), message.body());
}

bool is_description(const Body& body) {
  return is_description(body.type, body.content);
}

std::uint64_t description_mark(const Message& message) {
  if (!is_description(message)) return 0;
  const auto part = find_part(message.header(HeaderName::content_type), message.body(), sdp_type);
  const std::string_view text = part && part->has_value() ? **part : message.body();
  const auto origin = std::min(text.find("\no="), text.size());
  const auto rest = std::min(text.find('\n', origin + 1), text.size());
  const std::hash<std::string_view> hash;
  return (hash(text.substr(0, origin)) * 31 + hash(text.substr(rest))) | 1;
}

}  // namespace ringwall::sip
