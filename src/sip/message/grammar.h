#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Character classes and small scanners of RFC 3261 section 25.1, for the parsers of this folder.
namespace ringwall::sip::grammar {

inline constexpr std::uint16_t token = 1;         ///< token
inline constexpr std::uint16_t user = 2;          ///< unreserved, user-unreserved and '%'; also ':' for the password
inline constexpr std::uint16_t host = 4;          ///< host names (with the underscore that is met in practice) and IPv4
inline constexpr std::uint16_t uri_tail = 8;      ///< what may stand after the host: parameters and headers
inline constexpr std::uint16_t param_value = 16;  ///< unquoted value of a header parameter: token, host, and more that
                                                  ///< is harmless
inline constexpr std::uint16_t hex = 32;
inline constexpr std::uint16_t display = 64;      ///< unquoted display name: token, space, and bytes above ASCII
inline constexpr std::uint16_t param_name = 128;  ///< name of a header or URI parameter
inline constexpr std::uint16_t percent = 256;     ///< '%': an escape begins
inline constexpr std::uint16_t colon = 512;
inline constexpr std::uint16_t uri_tail_end = 1024;  ///< what ends a URI parameter: ';' and '?'

consteval std::array<std::uint16_t, 256> make_classes() {
  std::array<std::uint16_t, 256> out{};
  auto add = [&out](std::string_view characters, std::uint16_t classes) {
    for (char c : characters)
      out[static_cast<unsigned char>(c)] |= classes;
  };
  constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  add(letters_and_digits, token | user | host | uri_tail | param_value | param_name | display);
  add("-.!%*_+`'~", token | display | param_value | param_name);
  add("[]/:&$()", param_name);
  add("-_.!~*'()%&=+$,;?/:", user);
  add("-._", host);
  add("-_.!~*'()%[]/:&+$;=?", uri_tail);
  add("[]:/?@&=$()#|^{}\\", param_value);
  add("0123456789abcdefABCDEF", hex);
  add(" \t", display);
  add("%", percent);
  add(":", colon);
  add(";?", uri_tail_end);
  for (std::size_t c = 0x80; c < 0x100; ++c)
    out[c] |= display | param_value;
  return out;
}
inline constexpr std::array<std::uint16_t, 256> classes = make_classes();

inline std::uint16_t classes_of(char c) {
  return classes[static_cast<unsigned char>(c)];
}
inline bool is(char c, std::uint16_t wanted) {
  return (classes_of(c) & wanted) != 0;
}
inline bool is_space(char c) {
  return c == ' ' || c == '\t';
}
inline bool all(std::string_view text, std::uint16_t wanted) {
  for (char c : text) {
    if (!is(c, wanted)) return false;
  }
  return true;
}
/// Length of the longest prefix of that class.
inline std::size_t prefix(std::string_view text, std::uint16_t wanted) {
  std::size_t at = 0;
  while (at < text.size() && is(text[at], wanted))
    ++at;
  return at;
}
inline void skip_spaces(std::string_view& text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at]))
    ++at;
  text.remove_prefix(at);
}
inline std::string_view trim_spaces(std::string_view text) {
  skip_spaces(text);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
inline bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}
/// Every '%' is followed by two hex digits.
bool well_escaped(std::string_view text);
/// Length of the quoted string (with both quotes) that `text` begins with; 0 if it does not end.
std::size_t quoted_length(std::string_view text);
/// Length of the first value of a list: up to a comma outside quotes and angle brackets.
std::size_t list_value_length(std::string_view text);

/// Walks ";a=1 ; b;c=\"x;y\"" (the first ';' may be left out). Strict: an empty parameter is an error.
class ParameterReader {
 public:
  explicit ParameterReader(std::string_view text) : rest_(text) {}
  /// Goes to the next parameter; false at the end and at the first mistake.
  bool next();
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view value() const { return value_; }  ///< without quotes, still escaped
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool take_value();
  bool mistake() {
    ok_ = false;
    return false;
  }

  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
  bool started_ = false;
  bool ok_ = true;
};

}  // namespace ringwall::sip::grammar
