#include "sip/endpoint/description.h"

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

}  // namespace ringwall::sip
