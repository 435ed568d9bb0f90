#include "call/form_urlencoded.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::call {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '*';
}

void append_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = text[i] == '%' && i + 2 < text.size() ? parse_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (octet) {
      out += static_cast<char>(octet->front());
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string print_form_urlencoded(const NamedValues& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (!out.empty()) out += '&';
    append_encoded(out, name);
    out += '=';
    append_encoded(out, value);
  }
  return out;
}

NamedValues parse_form_urlencoded(std::string_view body) {
  NamedValues values;
  body = trim(body);
  while (!body.empty() && values.size() < limits::form_pairs) {
    std::string_view value = take_until(body, '&');
    const std::string_view name = take_until(value, '=');
    if (!name.empty()) values.emplace_back(decoded(name), decoded(value));
  }
  return values;
}

}  // namespace ringwall::call
