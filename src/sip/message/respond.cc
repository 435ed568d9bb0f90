#include "sip/message/respond.h"

#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/names.h"
#include "sip/message/salvage.h"

namespace ringwall::sip {
namespace {

bool is_copied(HeaderName name) {
  using enum HeaderName;
  return name == via || name == from || name == to || name == call_id || name == cseq || name == record_route ||
         name == timestamp;
}

void write_to(MessageWriter& writer, std::string_view to, bool has_tag, std::string_view tag) {
  if (has_tag || tag.empty()) {
    writer.header(HeaderName::to, to);
  } else {
    writer.header(HeaderName::to, {to, ";tag=", tag});
  }
}

/// More than a response can need: the header lines it copies, with their long names, and what it adds.
std::size_t room_for(const Message& request, const ResponseParts& parts) {
  constexpr std::size_t line = 24;    // longest copied name, colon, space, CRLF
  constexpr std::size_t fixed = 128;  // status line, Content-Length
  std::size_t room = fixed + parts.reason.size() + parts.to_tag.size() + parts.top_via.size() +
                     parts.content_type.size() + parts.body.size();
  for (const HeaderField& field : request.headers()) {
    if (is_copied(field.name)) room += field.value.size() + line;
  }
  for (const HeaderLine& added : parts.headers)
    room += added.text_name.size() + added.value.size() + known_name_room;
  return room;
}

}  // namespace

std::string make_response(const Message& request, int status, const ResponseParts& parts) {
  MessageWriter writer(room_for(request, parts));
  writer.status(status, parts.reason);
  const bool makes_route_set = status > 100 && status < 300;
  bool first_via = true;
  for (const HeaderField& field : request.headers()) {
    switch (field.name) {
      case HeaderName::via:
        if (first_via && !parts.top_via.empty()) {
          // Only the first value of the field is replaced.
          const std::string_view others = field.value.substr(grammar::list_value_length(field.value));
          writer.header(HeaderName::via, {parts.top_via, others});
        } else {
          writer.header(HeaderName::via, field.value);
        }
        first_via = false;
        break;
      case HeaderName::to:
        write_to(writer, field.value, !request.to().tag.empty(), status == 100 ? std::string_view{} : parts.to_tag);
        break;
      case HeaderName::from:
      case HeaderName::call_id:
      case HeaderName::cseq:
        writer.header(field.name, field.value);
        break;
      case HeaderName::record_route:
        if (makes_route_set) writer.header(field.name, field.value);
        break;
      case HeaderName::timestamp:
        if (status == 100) writer.header(field.name, field.value);
        break;
      default:
        break;
    }
  }
  for (const HeaderLine& line : parts.headers) {
    if (line.name == HeaderName::other) {
      writer.header(line.text_name, line.value);
    } else {
      writer.header(line.name, line.value);
    }
  }
  return writer.finish(parts.content_type, parts.body);
}

std::string make_response(const Message& request, int status, std::string_view reason, std::string_view to_tag,
                          std::span<const HeaderLine> headers, std::string_view content_type, std::string_view body) {
  ResponseParts parts;
  parts.reason = reason;
  parts.to_tag = to_tag;
  parts.headers = headers;
  parts.content_type = content_type;
  parts.body = body;
  return make_response(request, status, parts);
}

std::optional<std::string> make_error_response(std::string_view bytes, const ParseError& error,
                                               std::string_view to_tag) {
  if (!error.answerable) return std::nullopt;
  const auto kept = salvage(bytes);
  if (!kept) return std::nullopt;
  MessageWriter writer;
  writer.status(error.status, error.reason);
  for (const std::string& via : kept->vias)
    writer.header(HeaderName::via, via);
  if (!kept->from.empty()) writer.header(HeaderName::from, kept->from);
  const bool has_tag = to_lower(kept->to).find("tag=") != std::string::npos;
  if (!kept->to.empty()) write_to(writer, kept->to, has_tag, to_tag);
  if (!kept->call_id.empty()) writer.header(HeaderName::call_id, kept->call_id);
  writer.header(HeaderName::cseq, kept->cseq);
  return writer.finish();
}

}  // namespace ringwall::sip
