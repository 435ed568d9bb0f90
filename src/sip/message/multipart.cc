#include "sip/message/multipart.h"

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/message.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view::size_type npos = std::string_view::npos;

/// Position just after the next line that is the delimiter ("--boundary", "--boundary--"), and where the text before it
/// ends. The CRLF in front of a delimiter belongs to the delimiter.
struct Delimiter {
  std::size_t begin = npos;
  std::size_t end = npos;
  bool last = false;
};

Delimiter find_delimiter(std::string_view body, std::size_t from, std::string_view boundary) {
  for (std::size_t at = body.find("--", from); at != npos; at = body.find("--", at + 1)) {
    const bool at_line_start = at == 0 || body[at - 1] == '\n';
    if (!at_line_start || body.substr(at + 2, boundary.size()) != boundary) continue;
    Delimiter out;
    std::size_t after = at + 2 + boundary.size();
    out.last = body.substr(after, 2) == "--";
    if (out.last) after += 2;
    while (after < body.size() && grammar::is_space(body[after]))
      ++after;
    if (after < body.size() && body.substr(after, 2) != "\r\n" && body[after] != '\n') continue;
    out.end = after == body.size() ? after : after + (body[after] == '\r' ? 2 : 1);
    out.begin = at;
    if (out.begin > from && body[out.begin - 1] == '\n') --out.begin;
    if (out.begin > from && body[out.begin - 1] == '\r') --out.begin;
    return out;
  }
  return {};
}

/// The value of a header in a part's header lines; continuation lines are not followed.
std::string_view part_header(std::string_view headers, HeaderName wanted) {
  while (!headers.empty()) {
    std::string_view line = take_until(headers, '\n');
    const auto colon = line.find(':');
    if (colon == npos) continue;
    if (parse_header_name(trim(line.substr(0, colon))) == wanted) return trim(line.substr(colon + 1));
  }
  return {};
}

BodyPart read_part(std::string_view text) {
  BodyPart part;
  if (text.starts_with("\r\n")) {
    part.body = text.substr(2);
  } else if (const auto end = text.find("\r\n\r\n"); end != npos) {
    part.headers = text.substr(0, end + 2);
    part.body = text.substr(end + 4);
  } else {
    part.headers = text;
  }
  part.content_type = part_header(part.headers, HeaderName::content_type);
  if (part.content_type.empty()) part.content_type = "text/plain";
  return part;
}

Result<std::optional<std::string_view>> find_part_at(std::string_view content_type, std::string_view body,
                                                     std::string_view wanted, std::size_t depth) {
  const std::string_view type = media_type(content_type);
  if (grammar::same(type, wanted)) return body;
  if (!grammar::same(type.substr(0, 10), "multipart/")) return std::nullopt;
  if (depth == limits::sip_multipart_depth) return fail("multipart bodies are nested deeper than 4", "Content-Type");
  TRY(const auto parts, split_multipart(content_type, body));
  for (const BodyPart& part : parts) {
    TRY(const auto found, find_part_at(part.content_type, part.body, wanted, depth + 1));
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace

std::string_view media_type(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

Result<std::vector<BodyPart>> split_multipart(std::string_view content_type, std::string_view body) {
  const auto semicolon = content_type.find(';');
  const auto boundary =
      semicolon == npos ? std::nullopt : find_parameter(content_type.substr(semicolon + 1), "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70)
    return fail("the multipart body names no boundary of 1 to 70 characters", "Content-Type");
  std::vector<BodyPart> parts;
  Delimiter delimiter = find_delimiter(body, 0, *boundary);
  while (delimiter.end != npos && !delimiter.last) {
    const Delimiter next = find_delimiter(body, delimiter.end, *boundary);
    if (next.end == npos) return fail("the last part of the multipart body does not end with its boundary", "body");
    if (parts.size() == limits::sip_multipart_parts) return fail("the multipart body has more than 32 parts", "body");
    parts.push_back(read_part(body.substr(delimiter.end, next.begin - delimiter.end)));
    delimiter = next;
  }
  if (parts.empty()) return fail("the multipart body has no part", "body");
  return parts;
}

Result<std::optional<std::string_view>> find_part(std::string_view content_type, std::string_view body,
                                                  std::string_view wanted) {
  return find_part_at(content_type, body, wanted, 0);
}

}  // namespace ringwall::sip
