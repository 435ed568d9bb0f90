#include "sip/message/uri.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/values.h"

namespace ringwall::sip {
namespace {

using grammar::is;

constexpr std::string_view::size_type npos = std::string_view::npos;

/// Length of the scheme (RFC 3986 section 3.1) without its colon, 0 if there is none.
std::size_t scheme_length(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = grammar::lower(text[at]);
    if (c == ':') return at;
    const bool letter = c >= 'a' && c <= 'z';
    if (!letter && (at == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))) return 0;
  }
  return 0;
}

/// No space, control character, quote or angle bracket: what no URI of any scheme may hold.
bool plain_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '<' && c != '>';
  });
}

/// Reads user [":" password] "@" from the front of `rest`, if there is an '@'.
const char* parse_user_info(Uri& uri, std::string_view& rest) {
  std::uint16_t seen = 0;
  std::size_t length = 0;
  while (length < rest.size() && is(rest[length], grammar::user))
    seen |= grammar::classes_of(rest[length++]);
  if (length == rest.size() || rest[length] != '@') {
    // No host holds an '@' either: if one comes later, the part before it is to blame.
    const bool at_later = length < rest.size() && rest[length] != '[' && rest.find('@', length) != npos;
    return at_later ? "the user part holds a character that must be escaped" : nullptr;
  }
  uri.user = rest.substr(0, length);
  rest.remove_prefix(length + 1);
  if ((seen & grammar::percent) != 0 && !grammar::well_escaped(uri.user))
    return "the user part holds a character that must be escaped";
  if ((seen & grammar::colon) != 0) {
    const auto colon = uri.user.find(':');
    uri.password = uri.user.substr(colon + 1);
    uri.user = uri.user.substr(0, colon);
  }
  return uri.user.empty() ? "nothing stands before the '@'" : nullptr;
}

/// Length of the "[...]" that `rest` begins with, 0 if it does not hold an IPv6 address.
std::size_t ipv6_reference_length(std::string_view rest) {
  std::size_t at = 1;
  bool colon = false;
  for (; at < rest.size() && (is(rest[at], grammar::hex) || rest[at] == ':' || rest[at] == '.'); ++at)
    colon = colon || rest[at] == ':';
  return colon && at < rest.size() && rest[at] == ']' ? at + 1 : 0;
}

/// Reads host [":" port] from the front of `rest`.
const char* parse_host_port(Uri& uri, std::string_view& rest) {
  std::size_t length = 0;
  if (rest.starts_with('[')) {
    length = ipv6_reference_length(rest);
    if (length == 0) return "the IPv6 reference is not an address in brackets";
  } else {
    length = grammar::prefix(rest, grammar::host);
  }
  uri.host = rest.substr(0, length);
  rest.remove_prefix(length);
  if (uri.host.empty()) return "there is no host";
  if (rest.empty() || rest.front() != ':') return nullptr;
  rest.remove_prefix(1);
  std::uint32_t port = 0;
  std::size_t digits = 0;
  for (; digits < rest.size() && digits < 6 && rest[digits] >= '0' && rest[digits] <= '9'; ++digits)
    port = port * 10 + static_cast<std::uint32_t>(rest[digits] - '0');
  if (port == 0 || port > 0xffff) return "the port is not a number from 1 to 65535";
  uri.port = static_cast<std::uint16_t>(port);
  rest.remove_prefix(digits);
  return nullptr;
}

/// Reads name ["=" value] from the front of `rest`, up to ';', '?' or a character that may not stand here.
std::string_view take_parameter(std::string_view& rest, std::uint16_t& seen) {
  std::size_t length = 0;
  std::size_t name = npos;
  for (; length < rest.size(); ++length) {
    const std::uint16_t classes = grammar::classes_of(rest[length]);
    if ((classes & grammar::uri_tail) == 0 || (classes & grammar::uri_tail_end) != 0) break;
    if (name == npos && rest[length] == '=') name = length;
    seen |= classes;
  }
  const std::string_view out = rest.substr(0, std::min(name, length));
  rest.remove_prefix(length);
  return out;
}

/// Every parameter has a name, and no name stands twice (RFC 3261 section 19.1.1). Comparing two URIs takes time with
/// the square of their number, so that has a limit. Leaves `rest` behind the last one.
const char* take_parameters(std::string_view& rest, std::uint16_t& seen) {
  std::array<const char*, limits::sip_uri_parameters> names;  // left unset: only the first `count` are read
  std::array<std::size_t, limits::sip_uri_parameters> lengths;
  std::size_t count = 0;
  while (rest.starts_with(';')) {
    rest.remove_prefix(1);
    const std::string_view name = take_parameter(rest, seen);
    if (name.empty()) return "a parameter has no name";
    if (count == names.size()) return "there are more than 64 parameters";
    for (std::size_t i = 0; i < count; ++i) {
      if (grammar::same({names[i], lengths[i]}, name)) return "a parameter is given twice";
    }
    names[count] = name.data();
    lengths[count++] = name.size();
  }
  return nullptr;
}

/// ";" parameters ["?" headers], or nothing.
const char* parse_tail(Uri& uri, std::string_view rest) {
  if (rest.empty()) return nullptr;
  if (rest.front() != ';' && rest.front() != '?')
    return "the host is followed by something else than port or parameters";
  const std::string_view tail = rest;
  std::uint16_t seen = 0;
  if (const char* trouble = take_parameters(rest, seen)) return trouble;
  if (rest.size() < tail.size()) uri.parameters = tail.substr(1, tail.size() - rest.size() - 1);
  if (rest.starts_with('?')) {
    uri.headers = rest.substr(1);
    rest = {};
    if (uri.headers.empty()) return "nothing stands after the '?'";
    if (!grammar::all(uri.headers, grammar::uri_tail)) return "the headers hold a character that must be escaped";
    seen |= grammar::percent;
  }
  if (!rest.empty()) return "the parameters hold a character that must be escaped";
  if ((seen & grammar::percent) != 0 && !grammar::well_escaped(tail)) return "a '%' is not followed by two hex digits";
  return nullptr;
}

const char* parse_sip(Uri& uri, std::string_view rest) {
  if (const char* trouble = parse_user_info(uri, rest)) return trouble;
  if (const char* trouble = parse_host_port(uri, rest)) return trouble;
  return parse_tail(uri, rest);
}

/// RFC 3966 section 3: digits (or hex digits of a local number) and visual separators, then parameters.
const char* parse_tel(Uri& uri, std::string_view rest) {
  const auto semicolon = rest.find(';');
  uri.user = rest.substr(0, semicolon);
  if (semicolon != npos) {
    std::string_view parameters = rest.substr(semicolon);
    std::uint16_t seen = 0;
    if (const char* trouble = take_parameters(parameters, seen)) return trouble;
    if (!parameters.empty()) return "the parameters hold a character that must be escaped";
    uri.parameters = rest.substr(semicolon + 1);
  }
  const std::string_view number = uri.user.starts_with('+') ? uri.user.substr(1) : uri.user;
  bool digit = false;
  for (char c : number) {
    if (is(c, grammar::hex) || c == '*' || c == '#') {
      digit = true;
    } else if (c != '-' && c != '.' && c != '(' && c != ')') {
      return "the telephone number holds something else than digits and separators";
    }
  }
  if (!digit) return "the telephone number has no digit";
  if (!grammar::well_escaped(uri.parameters)) return "a '%' is not followed by two hex digits";
  return nullptr;
}

}  // namespace

std::optional<std::string_view> Uri::parameter(std::string_view name) const {
  return find_parameter(parameters, name);
}

bool Uri::is_sip() const {
  return grammar::same(scheme, "sip") || grammar::same(scheme, "sips");
}

std::string_view Uri::bare_host() const {
  return host.size() >= 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

const char* read_uri(std::string_view text, Uri& uri) {
  if (text.starts_with("sip:")) {
    uri.text = text;
    uri.scheme = text.substr(0, 3);
    return parse_sip(uri, text.substr(4));
  }
  const std::size_t length = scheme_length(text);
  if (length == 0) return "there is no scheme such as sip: or tel:";
  uri.text = text;
  uri.scheme = text.substr(0, length);
  const std::string_view rest = text.substr(length + 1);
  if (rest.empty()) return "nothing stands after the scheme of the URI";
  if (uri.is_sip()) return parse_sip(uri, rest);
  if (grammar::same(uri.scheme, "tel")) return parse_tel(uri, rest);
  return plain_text(rest) ? nullptr : "the URI holds a space or a control character";
}

Result<Uri> parse_uri(std::string_view text) {
  Uri uri;
  if (const char* trouble = read_uri(text, uri)) return fail(trouble, "URI " + std::string(text.substr(0, 100)));
  return uri;
}

std::string escape_user(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is(c, grammar::user) && c != '%' && c != ':') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name) {
  grammar::ParameterReader reader(parameters);
  while (reader.next()) {
    if (grammar::same(reader.name(), name)) return reader.value();
  }
  return std::nullopt;
}

}  // namespace ringwall::sip
