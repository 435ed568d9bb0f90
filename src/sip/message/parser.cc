#include <algorithm>
#include <new>

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/index.h"
#include "sip/message/names.h"
#include "sip/message/salvage.h"
#include "sip/message/scan.h"
#include "sip/message/values.h"

namespace ringwall::sip {
namespace {

/// Headers that may stand once only (RFC 3261 section 7.3.1 and the RFCs that define the others).
consteval auto make_singles() {
  std::array<bool, static_cast<std::size_t>(HeaderName::other) + 1> out{};
  using enum HeaderName;
  for (HeaderName name : {call_id,
                          content_disposition,
                          content_length,
                          content_type,
                          cseq,
                          event,
                          expires,
                          from,
                          max_forwards,
                          min_expires,
                          min_se,
                          rack,
                          refer_to,
                          referred_by,
                          replaces,
                          retry_after,
                          rseq,
                          session_expires,
                          session_id,
                          subscription_state,
                          to})
    out[static_cast<std::size_t>(name)] = true;
  return out;
}
constexpr auto singles = make_singles();

/// RFC 3261 section 25.1: a NUL may stand in a quoted-pair, in a quoted string or a comment, and nowhere else in a
/// header value.
bool holds_bare_nul(std::string_view value) {
  bool quoted = false;
  int comments = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\0') return true;
    if (c == '"' && comments == 0) quoted = !quoted;
    if (c == '(' && !quoted) ++comments;
    if (c == ')' && !quoted && comments > 0) --comments;
    if (c == '\\' && (quoted || comments > 0)) ++i;
  }
  return false;
}

}  // namespace

/// Reads one message into an Index. Every step returns false after it has set `error_`.
class MessageParser {
 public:
  explicit MessageParser(std::string_view bytes) : received_(bytes) {}

  std::expected<Message, ParseError> run() {
    if (read_all()) return Message(std::move(index_));
    error_.answerable = can_be_answered(received_);
    return std::unexpected(std::move(error_));
  }

 private:
  bool refuse(int status, std::string reason) {
    error_ = {status, std::move(reason), false};
    return false;
  }
  bool refuse(HeaderName name, const char* why) { return refuse(400, std::string(print(name)) + ": " + why); }

  bool read_all();
  void unfold();
  bool read_start_line(std::string_view line);
  bool read_request_line(std::string_view line);
  bool read_status_line(std::string_view line);
  bool read_fields();
  bool add_field(std::string_view line);
  bool name_field(std::string_view line, HeaderField& field);
  bool read_mandatory();
  bool read_addresses(HeaderName name);
  bool read_contacts();
  bool read_numbers();
  bool read_body();

  std::string_view received_;
  HeadLines lines_;
  std::unique_ptr<Message::Index, Message::Free> index_;
  std::string_view method_;
  ParseError error_;
};

bool MessageParser::read_all() {
  std::size_t skip = 0;  // empty lines before the start line are ignored (RFC 3261 section 7.5)
  while (received_.size() - skip >= 2 && received_[skip] == '\r' && received_[skip + 1] == '\n')
    skip += 2;
  const std::string_view bytes = received_.substr(skip);
  if (bytes.size() > limits::sip_message_bytes) {
    // Where the head alone would do, its body is what is too large.
    if (bytes.substr(0, limits::sip_message_bytes).find("\r\n\r\n") != std::string_view::npos)
      return refuse(413, "The body makes the message larger than 65536 bytes");
    return refuse(513, "Message larger than 65536 bytes");
  }
  if (const char* trouble = scan_head(bytes, lines_)) return refuse(400, trouble);
  index_ = Message::Index::make(lines_.count - 1, bytes);
  if (lines_.folded) unfold();
  return read_start_line({index_->buffer, lines_.ends[0]}) && read_fields() && read_mandatory() && read_contacts() &&
         read_numbers() && read_body();
}

/// A folded line is one line with spaces instead of the CRLF (RFC 3261 section 7.3.1).
void MessageParser::unfold() {
  for (std::size_t i = 1; i < lines_.count; ++i) {
    char* end = index_->buffer + lines_.ends[i];
    std::replace(index_->buffer + lines_.ends[i - 1] + 2, end, '\r', ' ');
    std::replace(index_->buffer + lines_.ends[i - 1] + 2, end, '\n', ' ');
  }
}

bool MessageParser::read_start_line(std::string_view line) {
  if (lines_.nul && line.find('\0') != std::string_view::npos) return refuse(400, "The start line holds a NUL");
  constexpr std::string_view protocol = "SIP/";
  return grammar::same(line.substr(0, protocol.size()), protocol) ? read_status_line(line) : read_request_line(line);
}

bool MessageParser::read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse(400, "The request line is not: method, URI, version");
  method_ = line.substr(0, first);
  if (method_.empty() || !grammar::all(method_, grammar::token)) return refuse(400, "The method is not a token");
  const std::string_view version = line.substr(second + 1);
  if (!grammar::same(version, "SIP/2.0")) {
    if (grammar::same(version.substr(0, 4), "SIP/") && version.find(' ') == std::string_view::npos)
      return refuse(505, "Version Not Supported");
    return refuse(400, "The request line does not end with SIP/2.0");
  }
  const std::string_view uri = line.substr(first + 1, second - first - 1);
  if (const char* trouble = read_uri(uri, index_->request_uri))
    return refuse(400, std::string("Request-URI: ") + trouble);
  if (!index_->request_uri.headers.empty()) return refuse(400, "Request-URI: it may not hold headers");
  if (!index_->request_uri.is_sip() && !grammar::same(index_->request_uri.scheme, "tel"))
    return refuse(416, "Unsupported URI Scheme");
  return true;
}

bool MessageParser::read_status_line(std::string_view line) {
  if (!grammar::same(line.substr(0, 8), "SIP/2.0 ")) return refuse(505, "Version Not Supported");
  const std::string_view code = line.substr(8, 3);
  const auto status = parse_unsigned<int>(code);
  const bool ends_there = line.size() == 11 || (line.size() > 11 && line[11] == ' ');
  if (!status || code.size() != 3 || *status < 100 || *status > 699 || !ends_there)
    return refuse(400, "The status code is not a number from 100 to 699");
  index_->status = *status;
  index_->reason = line.size() > 12 ? line.substr(12) : std::string_view{};
  return true;
}

bool MessageParser::read_fields() {
  for (std::size_t i = 1; i < lines_.count; ++i) {
    const std::size_t start = lines_.ends[i - 1] + 2;
    if (!add_field({index_->buffer + start, lines_.ends[i] - start})) return false;
  }
  return true;
}

/// Finds the name; `field.value` begins behind the colon. Loading 32 bytes is always possible: the buffer is padded.
bool MessageParser::name_field(std::string_view line, HeaderField& field) {
  std::size_t colon = find_colon_32(line.data());
  if (colon > 0 && colon < line.size() && colon < known_name_room) {
    field.name = find_header_name(line.data(), colon);
    field.text_name = line.substr(0, colon);
    field.value = line.substr(colon + 1);
    if (field.name != HeaderName::other) return true;
  }
  const std::size_t length = grammar::prefix(line, grammar::token);
  std::string_view rest = line.substr(length);
  grammar::skip_spaces(rest);
  if (length == 0 || !rest.starts_with(':')) return refuse(400, "A header line is not: name, colon, value");
  field.text_name = line.substr(0, length);
  field.name = parse_header_name(field.text_name);
  field.value = rest.substr(1);
  return true;
}

bool MessageParser::add_field(std::string_view line) {
  HeaderField& field = *new (index_->fields + index_->field_count) HeaderField;
  if (!name_field(line, field)) return false;
  field.value = grammar::trim_spaces(field.value);
  if (lines_.nul && holds_bare_nul(field.value))
    return refuse(400, std::string(field.text_name) + ": it holds a NUL that is not quoted");
  if (field.name != HeaderName::other) {
    const auto slot = static_cast<std::size_t>(field.name);
    if (index_->first[slot] == Message::Index::absent) {
      index_->first[slot] = static_cast<std::uint16_t>(index_->field_count);
    } else if (singles[slot]) {
      return refuse(field.name, "the header is given twice");
    }
  }
  ++index_->field_count;
  return true;
}

bool MessageParser::read_mandatory() {
  using enum HeaderName;
  for (HeaderName name : {via, from, to, call_id, cseq}) {
    const HeaderField* field = index_->find(name);
    if (field == nullptr) return refuse(name, "the header is missing");
    if (field->value.empty()) return refuse(name, "the header is empty");
  }
  if (const char* trouble = read_via(index_->find(via)->value, index_->via)) return refuse(via, trouble);
  if (const char* trouble = read_name_addr(index_->find(from)->value, index_->from)) return refuse(from, trouble);
  if (const char* trouble = read_name_addr(index_->find(to)->value, index_->to)) return refuse(to, trouble);
  if (const char* trouble = read_cseq(index_->find(cseq)->value, index_->cseq)) return refuse(cseq, trouble);
  if (index_->status == 0 && index_->cseq.method_name != method_) {
    // Where the method is unknown, that is the better answer (RFC 4475 section 3.1.2.18).
    constexpr const char* reason = "CSeq: its method is not that of the request";
    return refuse(parse_method(method_) == Method::other ? 501 : 400, reason);
  }
  for (char c : index_->find(call_id)->value) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      return refuse(call_id, "it holds a space or a control character");
  }
  return true;
}

/// Checks every value of an address list.
bool MessageParser::read_addresses(HeaderName name) {
  const HeaderField* field = index_->find(name);
  if (field == nullptr) return true;
  std::size_t count = 0;
  for (const HeaderField* const end = index_->fields + index_->field_count; field != end; ++field) {
    if (field->name != name) continue;
    for (std::string_view rest = field->value;; rest.remove_prefix(1)) {
      NameAddr address;
      if (const char* trouble = take_name_addr(rest, address)) return refuse(name, trouble);
      if (++count > limits::sip_values_per_header) return refuse(name, "there are more than 256 values");
      if (name == HeaderName::contact && !index_->contact) index_->contact = address;
      if (rest.empty()) break;
    }
  }
  return true;
}

bool MessageParser::read_contacts() {
  const HeaderField* contact = index_->find(HeaderName::contact);
  const bool star = contact != nullptr && contact->value == "*";
  return (star || read_addresses(HeaderName::contact)) && read_addresses(HeaderName::route) &&
         read_addresses(HeaderName::record_route);
}

bool MessageParser::read_numbers() {
  using enum HeaderName;
  if (const HeaderField* field = index_->find(max_forwards)) {
    const auto hops = parse_unsigned<std::uint32_t>(field->value);
    if (!hops || *hops > 255) return refuse(max_forwards, "it is not a number from 0 to 255");
    index_->max_forwards = *hops;
  }
  if (const HeaderField* field = index_->find(expires)) {
    const bool digits = !field->value.empty() && field->value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits) return refuse(expires, "it is not a number of seconds");
    // delta-seconds end at 2^32 - 1; a longer time is the longest one.
    index_->expires = parse_unsigned<std::uint32_t>(field->value).value_or(0xffff'ffffU);
  }
  return true;
}

/// Without Content-Length the body ends with the packet; with one, what follows it is not ours (RFC 3261 section 18.3).
bool MessageParser::read_body() {
  const std::size_t begin = lines_.head_bytes;
  std::size_t length = index_->size - begin;
  if (const HeaderField* field = index_->find(HeaderName::content_length)) {
    const auto announced = parse_unsigned<std::size_t>(field->value);
    if (!announced) return refuse(HeaderName::content_length, "it is not a number");
    if (*announced > length) return refuse(HeaderName::content_length, "it is larger than the body that came");
    length = *announced;
  }
  index_->body = {index_->buffer + begin, length};
  index_->size = begin + length;
  return true;
}

std::expected<Message, ParseError> Message::parse(std::string_view bytes) {
  return MessageParser(bytes).run();
}

}  // namespace ringwall::sip
