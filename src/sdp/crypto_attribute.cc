#include "sdp/crypto_attribute.h"

#include <algorithm>

#include "base/text.h"
#include "sdp/line_reader.h"

namespace ringwall::sdp {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Decodes with or without the padding, which some devices leave out.
std::optional<Buffer> decode_key(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0)
    padded += '=';
  auto key = parse_base64(padded);
  explicit_bzero(padded.data(), padded.size());
  return key;
}

bool is_lifetime(std::string_view text) {
  return is_number(text.starts_with("2^") ? text.substr(2) : text);
}

bool is_mki(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && is_number(text.substr(0, colon)) && is_number(text.substr(colon + 1));
}

/// "inline:" key||salt ["|" lifetime] ["|" MKI ":" length]; false if it is anything else.
bool read_key(std::string_view text, CryptoAttribute& out) {
  constexpr std::string_view method = "inline:";
  if (!equals_ignoring_case(text.substr(0, method.size()), method)) return false;
  text.remove_prefix(method.size());
  auto key = decode_key(take_until(text, '|'));
  std::string_view second = take_until(text, '|');
  if (is_lifetime(second)) {
    out.lifetime = second;
    second = take_until(text, '|');
  }
  if (is_mki(second)) {
    out.mki = second;
    second = {};
  }
  if (!key || !second.empty() || !text.empty()) return false;
  out.key_and_salt = Secret(std::move(*key));
  return true;
}

}  // namespace

Result<CryptoAttribute> parse_crypto(std::string_view value) {
  CryptoAttribute out;
  const std::string_view tag = take_word(value);
  const auto number = parse_unsigned<std::uint32_t>(tag);
  if (!number || tag.size() > 9) return fail("the crypto attribute does not begin with a tag of 1 to 9 digits");
  out.tag = *number;
  out.suite = take_word(value);
  const std::string_view key = take_word(value);
  if (out.suite.empty() || key.empty()) return fail("the crypto attribute is not: tag, suite, key");
  out.session_parameters = trim(value);
  if (!read_key(key, out)) {
    out.lifetime.clear();
    out.mki.clear();
  }
  return out;
}

std::string print_crypto(const CryptoAttribute& crypto) {
  std::string out =
      fmt::format("{} {} inline:{}", crypto.tag, crypto.suite, print_base64(crypto.key_and_salt.reveal()));
  if (!crypto.lifetime.empty()) out.append("|").append(crypto.lifetime);
  if (!crypto.mki.empty()) out.append("|").append(crypto.mki);
  if (!crypto.session_parameters.empty()) out.append(" ").append(crypto.session_parameters);
  return out;
}

}  // namespace ringwall::sdp
