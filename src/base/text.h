#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ringwall {

/// ASCII only: SIP, SDP and HTTP tokens are compared without regard to case or locale.
char to_lower(char c);
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Without spaces, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);
/// The parts between separators; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The part before the first separator; `text` becomes what follows it (or empty).
std::string_view take_until(std::string_view& text, char separator);

/// A whole text of decimal digits that fits, or nothing: no sign, no space, no sign of wrapping.
template <class Number>
std::optional<Number> parse_unsigned(std::string_view text) {
  Number value{};
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || trouble != std::errc{} || end != text.data() + text.size() || text[0] == '-') return std::nullopt;
  return value;
}

std::string print_hex(Bytes bytes);
std::optional<Buffer> parse_hex(std::string_view text);
std::string print_base64(Bytes bytes);
/// RFC 4648 section 4, padding required, nothing else allowed in between.
std::optional<Buffer> parse_base64(std::string_view text);

}  // namespace ringwall
