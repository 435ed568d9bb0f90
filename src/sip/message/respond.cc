#include "sip/message/respond.h"

#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/salvage.h"

namespace ringwall::sip {
namespace {

void write_to(MessageWriter& writer, std::string_view to, bool has_tag, std::string_view tag) {
  if (has_tag || tag.empty()) {
    writer.header(HeaderName::to, to);
    return;
  }
  std::string tagged;
  tagged.reserve(to.size() + tag.size() + 5);
  tagged.append(to).append(";tag=").append(tag);
  writer.header(HeaderName::to, tagged);
}

/// The first Via field with its first value replaced.
std::string with_top_via(std::string_view field, std::string_view top_via) {
  std::string out(top_via);
  out += field.substr(grammar::list_value_length(field));
  return out;
}

}  // namespace

std::string make_response(const Message& request, int status, const ResponseParts& parts) {
  MessageWriter writer;
  writer.status(status, parts.reason);
  const bool makes_route_set = status > 100 && status < 300;
  bool first_via = true;
  for (const HeaderField& field : request.headers()) {
    switch (field.name) {
      case HeaderName::via:
        if (first_via && !parts.top_via.empty()) {
          writer.header(HeaderName::via, with_top_via(field.value, parts.top_via));
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
  for (const HeaderLine& line : parts.headers)
    writer.header(line.name == HeaderName::other ? line.text_name : print(line.name), line.value);
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
