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

const char* parse_user_info(Uri& uri, std::string_view text) {
  if (!grammar::all(text, grammar::user) || !grammar::well_escaped(text))
    return "the user part holds a character that must be escaped";
  const auto colon = text.find(':');
  uri.user = text.substr(0, colon);
  if (colon != npos) uri.password = text.substr(colon + 1);
  return uri.user.empty() ? "nothing stands before the '@'" : nullptr;
}

/// Reads host [":" port] from the front of `rest`.
const char* parse_host_port(Uri& uri, std::string_view& rest) {
  std::size_t length = 0;
  if (!rest.empty() && rest.front() == '[') {
    length = rest.find(']');
    if (length == npos) return "the IPv6 reference has no ']'";
    ++length;
    const std::string_view inside = rest.substr(1, length - 2);
    for (char c : inside) {
      if (!is(c, grammar::hex) && c != ':' && c != '.') return "the IPv6 reference is not an address";
    }
    if (inside.find(':') == npos) return "the IPv6 reference is not an address";
  } else {
    length = grammar::prefix(rest, grammar::host);
  }
  uri.host = rest.substr(0, length);
  rest.remove_prefix(length);
  if (uri.host.empty()) return "there is no host";
  if (rest.empty() || rest.front() != ':') return nullptr;
  rest.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9')
    ++digits;
  const auto port = parse_unsigned<std::uint16_t>(rest.substr(0, digits));
  if (!port || *port == 0) return "the port is not a number from 1 to 65535";
  uri.port = *port;
  rest.remove_prefix(digits);
  return nullptr;
}

/// Every parameter has a name, and no name stands twice (RFC 3261 section 19.1.1). Comparing two URIs takes time with
/// the square of their number, so that has a limit.
const char* check_parameters(std::string_view parameters) {
  struct Name {
    const char* text;
    std::size_t length;
  };
  std::array<Name, limits::sip_uri_parameters> names;  // left unset: only the first `count` are read
  std::size_t count = 0;
  for (std::string_view rest = parameters;;) {
    const auto end = rest.find(';');
    const std::string_view parameter = rest.substr(0, end);
    const std::string_view name = parameter.substr(0, parameter.find('='));
    if (name.empty()) return "a parameter has no name";
    if (count == names.size()) return "there are more than 64 parameters";
    for (std::size_t i = 0; i < count; ++i) {
      if (grammar::same({names[i].text, names[i].length}, name)) return "a parameter is given twice";
    }
    names[count++] = {name.data(), name.size()};
    if (end == npos) return nullptr;
    rest.remove_prefix(end + 1);
  }
}

/// ";" parameters ["?" headers], or nothing.
const char* parse_tail(Uri& uri, std::string_view rest) {
  if (rest.empty()) return nullptr;
  if (rest.front() != ';' && rest.front() != '?')
    return "the host is followed by something else than port or parameters";
  if (!grammar::all(rest, grammar::uri_tail)) return "the parameters hold a character that must be escaped";
  if (!grammar::well_escaped(rest)) return "a '%' is not followed by two hex digits";
  const auto question = rest.find('?');
  if (question != npos) {
    uri.headers = rest.substr(question + 1);
    if (uri.headers.empty()) return "nothing stands after the '?'";
    rest = rest.substr(0, question);
  }
  if (rest.empty()) return nullptr;
  uri.parameters = rest.substr(1);
  return check_parameters(uri.parameters);
}

const char* parse_sip(Uri& uri, std::string_view rest) {
  const auto at = rest.find('@');
  if (at != npos) {
    if (const char* trouble = parse_user_info(uri, rest.substr(0, at))) return trouble;
    rest.remove_prefix(at + 1);
  }
  if (const char* trouble = parse_host_port(uri, rest)) return trouble;
  return parse_tail(uri, rest);
}

/// RFC 3966 section 3: digits (or hex digits of a local number) and visual separators, then parameters.
const char* parse_tel(Uri& uri, std::string_view rest) {
  const auto semicolon = rest.find(';');
  uri.user = rest.substr(0, semicolon);
  if (semicolon != npos) {
    uri.parameters = rest.substr(semicolon + 1);
    if (const char* trouble = check_parameters(uri.parameters)) return trouble;
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
  if (!grammar::all(uri.parameters, grammar::uri_tail) || !grammar::well_escaped(uri.parameters))
    return "the parameters hold a character that must be escaped";
  return nullptr;
}

/// The value of two hex digits, for well_escaped text.
char unescape_pair(char high, char low) {
  auto digit = [](char c) {
    c = grammar::lower(c);
    return c <= '9' ? c - '0' : c - 'a' + 10;
  };
  return static_cast<char>(digit(high) << 4 | digit(low));
}

/// Escapes that stand for an unreserved character mean that character; escapes of reserved ones stay what they are
/// (RFC 3261 section 19.1.4).
std::string normal_form(std::string_view text, bool fold_case) {
  constexpr std::string_view reserved = ";/?:@&=+$,";
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && text.size() - at >= 3 && is(text[at + 1], grammar::hex) && is(text[at + 2], grammar::hex)) {
      const char c = unescape_pair(text[at + 1], text[at + 2]);
      if (reserved.find(c) == npos && static_cast<unsigned char>(c) > 0x20 && c != '%') {
        out += fold_case ? grammar::lower(c) : c;
      } else {
        out += {'%', grammar::lower(text[at + 1]), grammar::lower(text[at + 2])};
      }
      at += 2;
    } else {
      out += fold_case ? grammar::lower(text[at]) : text[at];
    }
  }
  return out;
}

bool same_text(std::string_view a, std::string_view b, bool fold_case) {
  return a == b || normal_form(a, fold_case) == normal_form(b, fold_case);
}

/// Every parameter of `a` that `b` also has must match; user, ttl, method and maddr must be in both or none.
bool parameters_match(const Uri& a, const Uri& b) {
  constexpr std::array<std::string_view, 5> weighty = {"user", "ttl", "method", "maddr", "transport"};
  grammar::ParameterReader reader(a.parameters);
  while (reader.next()) {
    const auto other = b.parameter(reader.name());
    if (other) {
      if (!same_text(*other, reader.value(), true)) return false;
    } else if (std::any_of(weighty.begin(), weighty.end(),
                           [&](auto name) { return grammar::same(name, reader.name()); })) {
      return false;
    }
  }
  return true;
}

/// Header components never are ignored: the same set in any order.
bool headers_match(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  auto sorted = [](std::string_view text) {
    std::vector<std::string> out;
    for (std::string_view header : split(text, '&')) {
      const auto equals = std::min(header.find('='), header.size());
      out.push_back(normal_form(header.substr(0, equals), true) + normal_form(header.substr(equals), false));
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  return sorted(a) == sorted(b);
}

/// A telephone number without its visual separators.
std::string bare_number(std::string_view number) {
  std::string out;
  for (char c : number) {
    if (c != '-' && c != '.' && c != '(' && c != ')') out += grammar::lower(c);
  }
  return out;
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

bool equivalent(const Uri& a, const Uri& b) {
  if (!grammar::same(a.scheme, b.scheme)) return false;
  if (grammar::same(a.scheme, "tel"))
    return bare_number(a.user) == bare_number(b.user) && parameters_match(a, b) && parameters_match(b, a);
  if (!a.is_sip()) return a.text == b.text;
  return a.port == b.port && same_text(a.user, b.user, false) && same_text(a.password, b.password, false) &&
         grammar::same(a.host, b.host) && parameters_match(a, b) && parameters_match(b, a) &&
         headers_match(a.headers, b.headers);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && text.size() - at >= 3 && is(text[at + 1], grammar::hex) && is(text[at + 2], grammar::hex)) {
      out += unescape_pair(text[at + 1], text[at + 2]);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
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
