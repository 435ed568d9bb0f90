#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/auth/account.h"
#include "sip/auth/response.h"
#include "sip/message/auth_params.h"
#include "sip/message/message.h"

namespace ringwall::sip {

struct DigestClientOptions {
  bool md5 = false;                       ///< answer MD5 too, where nothing stronger is asked for
  std::function<std::uint64_t()> random;  ///< for cnonces
};

/// Answers challenges (RFC 3261 section 22.2 and 22.3, RFC 8760 section 2.4). Of the challenges of one realm the
/// strongest that an account can answer is taken. The nonce of each realm is remembered, and its uses counted.
class DigestClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  explicit DigestClient(DigestClientOptions options) : options_(std::move(options)) {}

  /// One account for each realm; a later one replaces the earlier.
  void set_account(DigestAccount account);

  /// What the request that got this 401 or 407 is to be repeated with: an Authorization for each WWW-Authenticate and a
  /// Proxy-Authorization for each Proxy-Authenticate, by realm. Empty if a realm can not be answered: the repetition
  /// would fail there.
  Headers authorize(const Message& response, std::string_view method, std::string_view uri, std::string_view body);

  /// Why the last authorize() gave nothing, in words for an operator; empty if it gave something.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  struct Challenge {
    std::string realm, algorithm_text;
    std::string nonce, opaque;  ///< as between the quotes: so they are hashed and repeated
    bool has_opaque = false;
    crypto::DigestAlgorithm algorithm = crypto::DigestAlgorithm::md5;
    bool session = false;
    DigestProtection protection = DigestProtection::none;
  };
  struct Counter {
    std::string realm, nonce;
    std::uint32_t count = 0;
  };
  [[nodiscard]] std::optional<Challenge> read(const AuthValue& value);
  [[nodiscard]] const DigestAccount* account(std::string_view realm) const;
  std::vector<Challenge> choose(const Message& response, HeaderName name);
  std::uint32_t next_count(const Challenge& challenge);
  std::string answer(const Challenge& challenge, std::string_view method, std::string_view uri, std::string_view body);

  DigestClientOptions options_;
  std::vector<DigestAccount> accounts_;
  std::vector<Counter> counters_;  ///< one for each realm with an account
  std::string trouble_;
};

}  // namespace ringwall::sip
