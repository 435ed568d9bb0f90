#include <cstring>

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/index.h"
#include "sip/message/salvage.h"
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
  bool take_line(std::string_view& line);
  bool read_start_line();
  bool read_request_line(std::string_view line);
  bool read_status_line(std::string_view line);
  bool read_fields();
  bool add_field(std::string_view line);
  bool read_mandatory();
  bool read_addresses(HeaderName name);
  bool read_contacts();
  bool read_numbers();
  bool read_body();

  std::string_view received_;
  std::unique_ptr<Message::Index> index_ = std::make_unique<Message::Index>();
  char* begin_ = nullptr;
  std::size_t at_ = 0;
  std::string_view method_;
  ParseError error_;
};

bool MessageParser::read_all() {
  std::size_t skip = 0;  // empty lines before the start line are ignored (RFC 3261 section 7.5)
  while (received_.size() - skip >= 2 && received_[skip] == '\r' && received_[skip + 1] == '\n')
    skip += 2;
  const std::string_view bytes = received_.substr(skip);
  if (bytes.size() > limits::sip_message_bytes) return refuse(513, "Message larger than 65536 bytes");
  index_->buffer = std::make_unique_for_overwrite<char[]>(bytes.size());
  index_->size = bytes.size();
  index_->first.fill(Message::Index::absent);
  begin_ = index_->buffer.get();
  if (!bytes.empty()) std::memcpy(begin_, bytes.data(), bytes.size());
  return read_start_line() && read_fields() && read_mandatory() && read_contacts() && read_numbers() && read_body();
}

/// The next line without its CRLF. A bare CR or LF is no line end in SIP; taking it for one would let two parsers see
/// different headers.
bool MessageParser::take_line(std::string_view& line) {
  const char* start = begin_ + at_;
  const void* found = std::memchr(start, '\n', index_->size - at_);
  if (found == nullptr) return refuse(400, "The header section does not end with an empty line");
  const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - start);
  if (length == 0 || start[length - 1] != '\r' || std::memchr(start, '\r', length - 1) != nullptr)
    return refuse(400, "A line does not end with CRLF");
  line = {start, length - 1};
  at_ += length + 1;
  return true;
}

bool MessageParser::read_start_line() {
  std::string_view line;
  if (!take_line(line)) return false;
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
  index_->fields.reserve(24);
  for (;;) {
    std::string_view line;
    if (!take_line(line)) return false;
    if (line.empty()) return true;
    while (at_ < index_->size && grammar::is_space(begin_[at_])) {  // folded: one line with spaces instead of the CRLF
      begin_[at_ - 2] = begin_[at_ - 1] = ' ';
      std::string_view more;
      if (!take_line(more)) return false;
      line = {line.data(), static_cast<std::size_t>(more.data() + more.size() - line.data())};
    }
    if (!add_field(line)) return false;
  }
}

bool MessageParser::add_field(std::string_view line) {
  const std::size_t length = grammar::prefix(line, grammar::token);
  std::string_view rest = line.substr(length);
  grammar::skip_spaces(rest);
  if (length == 0 || !rest.starts_with(':')) return refuse(400, "A header line is not: name, colon, value");
  if (index_->fields.size() == limits::sip_header_count) return refuse(400, "More than 256 header fields");
  HeaderField field;
  field.text_name = line.substr(0, length);
  field.name = parse_header_name(field.text_name);
  field.value = grammar::trim_spaces(rest.substr(1));
  if (field.name != HeaderName::other) {
    const auto slot = static_cast<std::size_t>(field.name);
    if (index_->first[slot] == Message::Index::absent) {
      index_->first[slot] = static_cast<std::uint16_t>(index_->fields.size());
    } else if (singles[slot]) {
      return refuse(field.name, "the header is given twice");
    }
  }
  index_->fields.push_back(field);
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
  if (index_->status == 0 && index_->cseq.method_name != method_)
    return refuse(cseq, "its method is not that of the request");
  for (char c : index_->find(call_id)->value) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      return refuse(call_id, "it holds a space or a control character");
  }
  return true;
}

/// Checks every value of an address list.
bool MessageParser::read_addresses(HeaderName name) {
  if (index_->find(name) == nullptr) return true;
  for (const HeaderField& field : index_->fields) {
    if (field.name != name) continue;
    std::string_view rest = field.value;
    for (;;) {
      const std::size_t length = grammar::list_value_length(rest);
      NameAddr address;
      if (const char* trouble = read_name_addr(rest.substr(0, length), address)) return refuse(name, trouble);
      if (name == HeaderName::contact && !index_->contact) index_->contact = address;
      if (length == rest.size()) break;
      rest.remove_prefix(length + 1);
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
  std::size_t length = index_->size - at_;
  if (const HeaderField* field = index_->find(HeaderName::content_length)) {
    const auto announced = parse_unsigned<std::size_t>(field->value);
    if (!announced) return refuse(HeaderName::content_length, "it is not a number");
    if (*announced > length) return refuse(HeaderName::content_length, "it is larger than the body that came");
    length = *announced;
  }
  index_->body = {begin_ + at_, length};
  index_->size = at_ + length;
  return true;
}

std::expected<Message, ParseError> Message::parse(std::string_view bytes) {
  return MessageParser(bytes).run();
}

}  // namespace ringwall::sip
