#include "sdp/crypto_choice.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sdp/line_reader.h"
#include "sdp/offer_answer.h"

namespace ringwall::sdp {
namespace {

struct Suite {
  std::string_view name;
  std::size_t key_and_salt;
};

constexpr std::array known_suites = {
    Suite{"AES_CM_128_HMAC_SHA1_80", 30}, Suite{"AES_CM_128_HMAC_SHA1_32", 30}, Suite{"F8_128_HMAC_SHA1_80", 30},
    Suite{"AES_192_CM_HMAC_SHA1_80", 38}, Suite{"AES_192_CM_HMAC_SHA1_32", 38}, Suite{"AES_256_CM_HMAC_SHA1_80", 46},
    Suite{"AES_256_CM_HMAC_SHA1_32", 46}, Suite{"AEAD_AES_128_GCM", 28},        Suite{"AEAD_AES_256_GCM", 44}};

/// A key has to last for the call: 2^20 packets are almost six hours of 20 ms audio.
constexpr unsigned least_lifetime_bits = 20;

bool lasts_long_enough(std::string_view lifetime) {
  if (lifetime.empty()) return true;  // the default is the most that SRTP allows
  if (lifetime.starts_with("2^")) {
    const auto bits = parse_unsigned<unsigned>(lifetime.substr(2));
    return bits && *bits >= least_lifetime_bits;
  }
  const auto packets = parse_unsigned<std::uint64_t>(lifetime);
  return packets && *packets >= std::uint64_t{1} << least_lifetime_bits;
}

const char* why_parameters_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view word = take_word(parameters);
    if (word.empty() || word.starts_with('-')) continue;  // "-" marks what may be ignored (RFC 4568 section 6.3.7)
    std::string_view value = word;
    const std::string_view name = take_until(value, '=');
    if (equals_ignoring_case(word, "UNENCRYPTED_SRTP")) return "it asks for unencrypted SRTP";
    if (equals_ignoring_case(word, "UNENCRYPTED_SRTCP")) return "it asks for unencrypted SRTCP";
    if (equals_ignoring_case(word, "UNAUTHENTICATED_SRTP")) return "it asks for unauthenticated SRTP";
    if (equals_ignoring_case(name, "WSH") && parse_unsigned<std::uint32_t>(value))
      continue;  // a hint for the replay window
    if (equals_ignoring_case(name, "KDR")) return "it asks for a key derivation rate";
    if (equals_ignoring_case(name, "FEC_ORDER") || equals_ignoring_case(name, "FEC_KEY"))
      return "it asks for forward error correction";
    return "it holds a session parameter that is not known here";
  }
  return nullptr;
}

std::string names_of(std::span<const CryptoAttribute> offered) {
  std::string out;
  for (const CryptoAttribute& crypto : offered.first(std::min<std::size_t>(offered.size(), 8)))
    out.append(out.empty() ? "" : ", ").append(crypto.suite.substr(0, 40));
  return out.empty() ? "none" : out;
}

}  // namespace

std::size_t key_and_salt_length(std::string_view suite) {
  for (const Suite& known : known_suites) {
    if (known.name == suite) return known.key_and_salt;
  }
  return 0;
}

const char* why_unusable(const CryptoAttribute& crypto) {
  const std::size_t length = key_and_salt_length(crypto.suite);
  if (length == 0) return "its suite is not known here";
  if (!crypto.mki.empty()) return "it uses an MKI";
  if (crypto.key_and_salt.size() != length) return "its key is not of the length that the suite needs";
  if (!lasts_long_enough(crypto.lifetime)) return "its key lifetime is below 2^20 packets";
  return why_parameters_refused(crypto.session_parameters);
}

Result<const CryptoAttribute*> choose_crypto(std::span<const CryptoAttribute> offered,
                                             std::span<const std::string> suites) {
  std::string refused;
  for (const std::string& suite : suites) {
    for (const CryptoAttribute& crypto : offered) {
      if (crypto.suite != suite) continue;
      const char* why = why_unusable(crypto);
      if (why == nullptr) return &crypto;
      if (refused.empty()) refused = fmt::format("crypto attribute {} ({}) cannot be used: {}", crypto.tag, suite, why);
    }
  }
  if (!refused.empty()) return fail(std::move(refused), "SDP");
  return fail(fmt::format("no common SRTP suite: offered {}; accepted {}", names_of(offered), fmt::join(suites, ", ")),
              "SDP");
}

}  // namespace ringwall::sdp
