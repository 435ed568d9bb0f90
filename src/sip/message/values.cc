#include "sip/message/values.h"

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/grammar.h"

namespace ringwall::sip {
namespace {

using grammar::is;
using grammar::skip_spaces;
constexpr std::string_view::size_type npos = std::string_view::npos;

/// One ";name=value" from the front of `rest`, spaces behind it too; false if it is none.
bool take_parameter(std::string_view& rest, std::string_view& name, std::string_view& value) {
  rest.remove_prefix(1);
  skip_spaces(rest);
  name = rest.substr(0, grammar::prefix(rest, grammar::param_name));
  value = {};
  rest.remove_prefix(name.size());
  if (name.empty()) return false;
  skip_spaces(rest);
  if (!rest.starts_with('=')) return true;
  rest.remove_prefix(1);
  skip_spaces(rest);
  const bool quoted = rest.starts_with('"');
  const std::size_t length = quoted ? grammar::quoted_length(rest) : grammar::prefix(rest, grammar::param_value);
  value = quoted && length != 0 ? rest.substr(1, length - 2) : rest.substr(0, length);
  rest.remove_prefix(length);
  skip_spaces(rest);
  return length != 0;
}

/// The ";" parameters to the end of the value, which is a ',' or the end of the text. Keeps what `wanted` says.
const char* take_parameters(std::string_view& rest, std::string_view& parameters, std::string_view wanted,
                            std::string_view& found) {
  skip_spaces(rest);
  const std::string_view all = rest;
  std::size_t count = 0;
  std::string_view name;
  std::string_view value;
  while (rest.starts_with(';')) {
    if (!take_parameter(rest, name, value)) return "a parameter is empty or malformed";
    if (++count > limits::sip_parameter_count) return "there are more than 64 parameters";
    if (!grammar::same(name, wanted)) continue;
    if (!found.empty()) return "a parameter is given twice";
    found = value;
  }
  if (!rest.empty() && rest.front() != ',') return "something stands where a ';' or the end was expected";
  if (count > 0) parameters = grammar::trim_spaces(all.substr(1, all.size() - rest.size() - 1));
  return nullptr;
}

/// "SIP" SLASH "2.0" SLASH transport LWS.
const char* read_sent_protocol(std::string_view& rest, Via& via) {
  constexpr std::string_view usual = "SIP/2.0/";
  if (rest.starts_with(usual)) {
    rest.remove_prefix(usual.size());
  } else {
    for (std::string_view part : {std::string_view("SIP"), std::string_view("2.0")}) {
      if (!grammar::same(rest.substr(0, part.size()), part)) return "it does not begin with SIP/2.0";
      rest.remove_prefix(part.size());
      skip_spaces(rest);
      if (!rest.starts_with('/')) return "it does not begin with SIP/2.0";
      rest.remove_prefix(1);
      skip_spaces(rest);
    }
  }
  skip_spaces(rest);
  const std::size_t length = grammar::prefix(rest, grammar::token);
  via.transport = rest.substr(0, length);
  rest.remove_prefix(length);
  if (length == 0) return "the transport is missing";
  if (rest.empty() || !grammar::is_space(rest.front())) return "no space follows the transport";
  skip_spaces(rest);
  return nullptr;
}

const char* read_sent_by(std::string_view& rest, Via& via) {
  std::size_t length = 0;
  if (rest.starts_with('[')) {
    length = rest.find(']');
    if (length == npos) return "the IPv6 reference has no ']'";
    ++length;
    for (char c : rest.substr(1, length - 2)) {
      if (!is(c, grammar::hex) && c != ':' && c != '.') return "the IPv6 reference is not an address";
    }
    if (length < 4) return "the IPv6 reference is not an address";
  } else {
    length = grammar::prefix(rest, grammar::host);
  }
  via.host = rest.substr(0, length);
  rest.remove_prefix(length);
  if (length == 0) return "the host is missing";
  skip_spaces(rest);
  if (!rest.starts_with(':')) return nullptr;
  rest.remove_prefix(1);
  skip_spaces(rest);
  std::size_t digits = 0;
  while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9')
    ++digits;
  const auto port = parse_unsigned<std::uint16_t>(rest.substr(0, digits));
  if (!port || *port == 0) return "the port is not a number from 1 to 65535";
  via.port = *port;
  rest.remove_prefix(digits);
  return nullptr;
}

/// Reads the display name, and leaves `rest` at '<'. Nothing is read where there is no '<'.
const char* read_display_name(std::string_view& rest, NameAddr& out) {
  if (rest.starts_with('<')) return nullptr;
  if (rest.starts_with('"')) {
    const std::size_t length = grammar::quoted_length(rest);
    if (length == 0) return "a quoted string does not end";
    out.display_name = rest.substr(1, length - 2);
    rest.remove_prefix(length);
    skip_spaces(rest);
    return rest.starts_with('<') ? nullptr : "no '<' follows the display name";
  }
  const std::size_t length = grammar::prefix(rest, grammar::display);
  if (length < rest.size() && rest[length] == '<') {
    out.display_name = grammar::trim_spaces(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return nullptr;
}

}  // namespace

const char* take_via(std::string_view& rest, Via& via) {
  skip_spaces(rest);
  if (const char* trouble = read_sent_protocol(rest, via)) return trouble;
  if (const char* trouble = read_sent_by(rest, via)) return trouble;
  return take_parameters(rest, via.parameters, "branch", via.branch);
}

const char* read_via(std::string_view text, Via& via) {
  return take_via(text, via);
}

const char* take_name_addr(std::string_view& rest, NameAddr& out) {
  skip_spaces(rest);
  if (const char* trouble = read_display_name(rest, out)) return trouble;
  std::string_view address;
  if (rest.starts_with('<')) {
    const auto close = rest.find('>');
    if (close == npos) return "the '<' is not closed";
    address = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    // Without angle brackets every parameter belongs to the header (RFC 3261 section 20.10), and neither ',' nor '?'
    // may stand in the address.
    address = rest.substr(0, rest.find_first_of("; \t,?"));
    rest.remove_prefix(address.size());
    if (rest.starts_with('?')) return "an address with ',' or '?' must stand in angle brackets";
  }
  if (const char* trouble = read_uri(address, out.uri)) return trouble;
  return take_parameters(rest, out.parameters, "tag", out.tag);
}

const char* read_name_addr(std::string_view text, NameAddr& out) {
  if (const char* trouble = take_name_addr(text, out)) return trouble;
  return text.empty() ? nullptr : "there is more than one address, or one with a ',' outside angle brackets";
}

const char* read_cseq(std::string_view text, CSeq& cseq) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
    ++digits;
  const auto number = parse_unsigned<std::uint32_t>(text.substr(0, digits));
  if (!number || *number > 0x7fff'ffffU) return "the number is not below 2^31";
  if (digits == text.size() || !grammar::is_space(text[digits])) return "no method follows the number";
  const std::string_view method = grammar::trim_spaces(text.substr(digits));
  if (method.empty() || !grammar::all(method, grammar::token)) return "no method follows the number";
  cseq = {*number, parse_method(method), method};
  return nullptr;
}

Result<Via> parse_via(std::string_view text) {
  Via via;
  if (const char* trouble = read_via(text, via)) return fail(trouble, "Via");
  return via;
}

Result<NameAddr> parse_name_addr(std::string_view text) {
  NameAddr out;
  if (const char* trouble = read_name_addr(text, out))
    return fail(trouble, "address " + std::string(text.substr(0, 100)));
  return out;
}

}  // namespace ringwall::sip
