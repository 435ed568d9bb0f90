#include "sdp/crypto_attribute.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "sdp/line_reader.h"

namespace ringwall::sdp {
namespace {

/// Decodes with or without the padding, which may be left out (RFC 4568 section 6.1).
std::optional<Buffer> decode_key(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0)
    padded += '=';
  auto key = parse_base64(padded);
  explicit_bzero(padded.data(), padded.size());
  return key;
}

/// A lifetime has no colon, an MKI has one, and comes last.
std::optional<InlineKey> read_key(std::string_view text) {
  constexpr std::string_view method = "inline:";
  if (!equals_ignoring_case(text.substr(0, method.size()), method)) return std::nullopt;
  text.remove_prefix(method.size());
  InlineKey out;
  auto key = decode_key(take_until(text, '|'));
  if (!key) return std::nullopt;
  out.key_and_salt = Secret(std::move(*key));
  std::string_view field = take_until(text, '|');
  if (field.find(':') == std::string_view::npos) {
    out.lifetime = field;
    field = take_until(text, '|');
  }
  out.mki = field;
  if (!text.empty() || (!field.empty() && field.find(':') == std::string_view::npos)) return std::nullopt;
  return out;
}

/// One key or several; none if any of them cannot be read, or if there are too many.
std::vector<InlineKey> read_keys(std::string_view text) {
  std::vector<InlineKey> out;
  while (!text.empty()) {
    auto key = read_key(take_until(text, ';'));
    if (!key || out.size() == limits::srtp_master_keys) return {};
    out.push_back(std::move(*key));
  }
  return out;
}

void print_key(const Secret& key, std::string_view lifetime, std::string_view mki, std::string& out) {
  out.append("inline:").append(print_base64(key.reveal()));
  if (!lifetime.empty()) out.append("|").append(lifetime);
  if (!mki.empty()) out.append("|").append(mki);
}

}  // namespace

Result<CryptoAttribute> parse_crypto(std::string_view value) {
  CryptoAttribute out;
  const std::string_view tag = take_word(value);
  const auto number = parse_unsigned<std::uint32_t>(tag);
  if (!number || tag.size() > 9) return fail("the crypto attribute does not begin with a tag of 1 to 9 digits");
  out.tag = *number;
  out.suite = take_word(value);
  const std::string_view keys = take_word(value);
  if (out.suite.empty() || keys.empty()) return fail("the crypto attribute is not: tag, suite, key");
  out.session_parameters = trim(value);
  auto read = read_keys(keys);
  if (read.empty()) return out;
  out.key_and_salt = std::move(read.front().key_and_salt);
  out.lifetime = std::move(read.front().lifetime);
  out.mki = std::move(read.front().mki);
  read.erase(read.begin());
  out.more_keys = std::move(read);
  return out;
}

std::string print_crypto(const CryptoAttribute& crypto) {
  std::string out = fmt::format("{} {} ", crypto.tag, crypto.suite);
  print_key(crypto.key_and_salt, crypto.lifetime, crypto.mki, out);
  for (const InlineKey& key : crypto.more_keys) {
    out += ';';
    print_key(key.key_and_salt, key.lifetime, key.mki, out);
  }
  if (!crypto.session_parameters.empty()) out.append(" ").append(crypto.session_parameters);
  return out;
}

}  // namespace ringwall::sdp
