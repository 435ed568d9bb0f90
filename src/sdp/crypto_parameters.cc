#include "sdp/crypto_parameters.h"

#include <algorithm>
#include <ranges>

#include "base/limits.h"
#include "base/text.h"
#include "sdp/line_reader.h"

namespace ringwall::sdp {
namespace {

constexpr unsigned most_lifetime_bits = 48;
constexpr std::uint32_t least_window = 64;

/// Digits without leading zeros, as section 6.1 asks of each number.
bool is_number(std::string_view text) {
  return !text.empty() && (text.size() == 1 || text[0] != '0') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <class T>
std::optional<T> number(std::string_view text) {
  return is_number(text) ? parse_unsigned<T>(text) : std::nullopt;
}

/// Adds a decimal digit to a big-endian number; false if it grows out of its bytes.
bool add_digit(std::vector<std::uint8_t>& bytes, unsigned digit) {
  for (std::uint8_t& byte : std::views::reverse(bytes)) {
    const unsigned value = byte * 10u + digit;
    byte = static_cast<std::uint8_t>(value);
    digit = value >> 8;
  }
  return digit == 0;
}

const char* why_refused(std::string_view word) {
  if (word.size() > 1 && word.starts_with('-')) return nullptr;
  std::string_view value = word;
  const std::string_view name = take_until(value, '=');
  if (equals_ignoring_case(word, "UNENCRYPTED_SRTP")) return "it asks for unencrypted SRTP";
  if (equals_ignoring_case(word, "UNENCRYPTED_SRTCP")) return "it asks for unencrypted SRTCP";
  if (equals_ignoring_case(word, "UNAUTHENTICATED_SRTP")) return "it asks for unauthenticated SRTP";
  if (equals_ignoring_case(name, "KDR")) return "it asks for a key derivation rate";
  if (equals_ignoring_case(name, "FEC_ORDER") || equals_ignoring_case(name, "FEC_KEY"))
    return "it asks for forward error correction";
  if (!equals_ignoring_case(name, "WSH")) return "it holds a session parameter that is not known here";
  const auto window = number<std::uint32_t>(value);
  return window && *window >= least_window ? nullptr : "its window size hint is not a number from 64 on";
}

}  // namespace

std::optional<std::uint64_t> parse_lifetime(std::string_view text) {
  constexpr std::uint64_t most = std::uint64_t{1} << most_lifetime_bits;
  if (text.starts_with("2^")) {
    const auto bits = number<unsigned>(text.substr(2));
    return bits && *bits <= most_lifetime_bits ? std::optional(std::uint64_t{1} << *bits) : std::nullopt;
  }
  const auto packets = number<std::uint64_t>(text);
  return packets && *packets > 0 && *packets <= most ? packets : std::nullopt;
}

std::optional<std::vector<std::uint8_t>> parse_mki(std::string_view text) {
  const std::string_view digits = take_until(text, ':');
  const auto length = number<std::uint32_t>(text);
  if (!length || *length == 0 || *length > limits::srtp_mki_bytes || !is_number(digits) || digits == "0")
    return std::nullopt;
  std::vector<std::uint8_t> out(*length);
  for (const char digit : digits)
    if (!add_digit(out, static_cast<unsigned>(digit - '0'))) return std::nullopt;
  return out;
}

const char* why_parameters_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view word = take_word(parameters);
    if (word.empty()) continue;
    if (const char* why = why_refused(word)) return why;
  }
  return nullptr;
}

}  // namespace ringwall::sdp
