#include "sdp/crypto_choice.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "sdp/crypto_parameters.h"

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

const char* why_unusable(const Secret& key, std::string_view lifetime, std::string_view mki, std::size_t length) {
  if (key.size() != length) return "its key is not of the length that the suite needs";
  if (!mki.empty() && !parse_mki(mki)) return "its master key identifier is not valid";
  if (lifetime.empty()) return nullptr;  // the most that SRTP allows
  const auto packets = parse_lifetime(lifetime);
  if (!packets) return "its key lifetime is not valid";
  return *packets < limits::srtp_least_key_lifetime ? "its key lifetime is too short for a call" : nullptr;
}

/// Several keys need identifiers of one length to be told apart by (RFC 4568 section 6.1).
const char* why_keys_unusable(const CryptoAttribute& crypto, std::size_t length) {
  if (const char* why = why_unusable(crypto.key_and_salt, crypto.lifetime, crypto.mki, length)) return why;
  if (crypto.more_keys.empty()) return nullptr;
  std::vector<std::vector<std::uint8_t>> identifiers{parse_mki(crypto.mki).value_or(std::vector<std::uint8_t>())};
  for (const InlineKey& key : crypto.more_keys) {
    if (const char* why = why_unusable(key.key_and_salt, key.lifetime, key.mki, length)) return why;
    identifiers.push_back(parse_mki(key.mki).value_or(std::vector<std::uint8_t>()));
    if (identifiers.back().empty() || identifiers.back().size() != identifiers.front().size())
      return "its keys do not have master key identifiers of one length";
    if (std::ranges::count(identifiers, identifiers.back()) > 1) return "two of its keys have the same identifier";
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
    if (equals_ignoring_case(known.name, suite)) return known.key_and_salt;
  }
  return 0;
}

const char* why_unusable(const CryptoAttribute& crypto) {
  const std::size_t length = key_and_salt_length(crypto.suite);
  if (length == 0) return "its suite is not known here";
  if (const char* why = why_keys_unusable(crypto, length)) return why;
  return why_parameters_refused(crypto.session_parameters);
}

void take_peer_keys(const CryptoAttribute& theirs, Agreed& agreed) {
  agreed.remote_key = theirs.key_and_salt;
  if (!theirs.mki.empty()) agreed.remote_mki = *parse_mki(theirs.mki);
  agreed.lifetime = theirs.lifetime.empty() ? 0 : *parse_lifetime(theirs.lifetime);
  agreed.more_remote_keys.clear();
  for (const InlineKey& key : theirs.more_keys) {
    agreed.more_remote_keys.push_back({key.key_and_salt, *parse_mki(key.mki)});
    const std::uint64_t lifetime = key.lifetime.empty() ? 0 : *parse_lifetime(key.lifetime);
    if (lifetime != 0 && (agreed.lifetime == 0 || lifetime < agreed.lifetime)) agreed.lifetime = lifetime;
  }
}

CryptoAttribute answer_crypto(const CryptoAttribute& offered, const Local& local, Agreed& agreed) {
  take_peer_keys(offered, agreed);
  agreed.local_key = local.random_key(offered.key_and_salt.size());
  CryptoAttribute out{offered.tag, offered.suite, agreed.local_key, {}, {}, {}};
  if (agreed.lifetime != 0) out.lifetime = std::to_string(agreed.lifetime);
  if (!agreed.remote_mki.empty()) {
    // Another one each time, so that the packets of two answers can be told apart.
    out.mki = fmt::format("{}:{}", local.version % 255 + 1, agreed.remote_mki.size());
    agreed.local_mki = *parse_mki(out.mki);
  }
  return out;
}

Result<const CryptoAttribute*> choose_crypto(std::span<const CryptoAttribute> offered,
                                             std::span<const std::string> suites) {
  std::string refused;
  for (const std::string& suite : suites) {
    for (const CryptoAttribute& crypto : offered) {
      if (!equals_ignoring_case(crypto.suite, suite)) continue;
      const bool twice = std::ranges::count(offered, crypto.tag, &CryptoAttribute::tag) > 1;
      const char* why = twice ? "its tag is there twice" : why_unusable(crypto);
      if (why == nullptr) return &crypto;
      if (refused.empty()) refused = fmt::format("crypto attribute {} ({}) cannot be used: {}", crypto.tag, suite, why);
    }
  }
  if (!refused.empty()) return fail(std::move(refused), "SDP");
  return fail(fmt::format("no common SRTP suite: offered {}; accepted {}", names_of(offered), fmt::join(suites, ", ")),
              "SDP");
}

}  // namespace ringwall::sdp
