#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sip/message/grammar.h"
#include "sip/message/uri.h"

namespace ringwall::sip {
namespace {

using grammar::is;

constexpr std::string_view::size_type npos = std::string_view::npos;

/// The value of two hex digits, for well_escaped text.
char unescape_pair(char high, char low) {
  auto digit = [](char c) {
    c = grammar::lower(c);
    return c <= '9' ? c - '0' : c - 'a' + 10;
  };
  return static_cast<char>(digit(high) << 4 | digit(low));
}

/// Escapes that stand for an unreserved character mean that character; escapes of reserved ones stay what they are (RFC
/// 3261 section 19.1.4).
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

/// A telephone number without its visual separators (RFC 3966 section 4).
std::string bare_number(std::string_view number) {
  std::string out;
  for (char c : number) {
    if (c != '-' && c != '.' && c != '(' && c != ')') out += grammar::lower(c);
  }
  return out;
}

/// Every parameter of `a` stands in `b` too, with the same value; those that are numbers compare as numbers do.
bool tel_parameters_match(const Uri& a, const Uri& b) {
  grammar::ParameterReader reader(a.parameters);
  while (reader.next()) {
    const auto other = b.parameter(reader.name());
    if (!other) return false;
    const bool number = reader.value().starts_with('+') || grammar::same(reader.name(), "ext");
    if (number ? bare_number(reader.value()) != bare_number(*other) : !same_text(reader.value(), *other, true))
      return false;
  }
  return true;
}

/// Names compare without case, IPv6 references by the address that they stand for (RFC 5954 section 4.2).
bool same_host(const Uri& a, const Uri& b) {
  if (grammar::same(a.host, b.host)) return true;
  if (!a.host.starts_with('[') || !b.host.starts_with('[')) return false;
  std::array<unsigned char, 16> first{};
  std::array<unsigned char, 16> second{};
  const bool addresses = inet_pton(AF_INET6, std::string(a.bare_host()).c_str(), first.data()) == 1 &&
                         inet_pton(AF_INET6, std::string(b.bare_host()).c_str(), second.data()) == 1;
  return addresses && first == second;
}

}  // namespace

bool equivalent(const Uri& a, const Uri& b) {
  if (!grammar::same(a.scheme, b.scheme)) return false;
  if (grammar::same(a.scheme, "tel"))
    return bare_number(a.user) == bare_number(b.user) && tel_parameters_match(a, b) && tel_parameters_match(b, a);
  if (!a.is_sip()) return a.text == b.text;
  return a.port == b.port && same_text(a.user, b.user, false) && same_text(a.password, b.password, false) &&
         same_host(a, b) && parameters_match(a, b) && parameters_match(b, a) && headers_match(a.headers, b.headers);
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

}  // namespace ringwall::sip
