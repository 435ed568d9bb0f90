#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/auth/account.h"
#include "sip/auth/nonce_book.h"
#include "sip/message/auth_params.h"
#include "sip/message/message.h"

namespace ringwall::sip {

/// What credentials are worth.
struct DigestVerdict {
  enum class Kind : std::uint8_t {
    ok,
    absent,  ///< no credentials for this realm: challenge
    stale,   ///< the right secret, with a nonce or count that no longer holds: challenge anew, the client tries again
    refused  ///< 403
  };
  Kind kind = Kind::absent;
  std::string user;      ///< as claimed; proven by `ok` and `stale`
  std::string reason;    ///< for the log: what did not fit
  std::string warning;   ///< for the peer: never says whether the user exists
  bool guessed = false;  ///< refused for its secret or user: a source that does so often is guessing
};

/// The account of a user, or nullptr.
using DigestLookup = std::function<const DigestAccount*(std::string_view user)>;

/// Challenges requests and verifies their credentials, for one realm (RFC 3261 section 22, RFC 8760). Sans-IO. It takes
/// no request without `qop`, for which nothing would count its uses, and no "-sess" algorithm.
class DigestServer {
 public:
  /// `key` proves its nonces: 16 random bytes or more, new for each process.
  DigestServer(std::string realm, Secret key);

  /// The WWW-Authenticate headers of a 401, in the order in which the algorithms are preferred (RFC 8760 section 2.4).
  std::vector<std::pair<std::string, std::string>> challenge(std::span<const crypto::DigestAlgorithm> algorithms,
                                                             bool stale, Time now);
  /// Verifies the Authorization of `request` for this realm. Only these algorithms are taken.
  DigestVerdict verify(const Message& request, std::span<const crypto::DigestAlgorithm> algorithms,
                       const DigestLookup& find, Time now);

  [[nodiscard]] const std::string& realm() const { return realm_; }

 private:
  struct Credentials;
  static std::optional<DigestVerdict> read(const AuthValue& value, std::span<const crypto::DigestAlgorithm> algorithms,
                                           Credentials& out);
  DigestVerdict judge(const Credentials& credentials, const Message& request, const DigestLookup& find, Time now);

  std::string realm_, opaque_;
  NonceBook nonces_;
  Secret nobody_;  ///< verified against where the user is not known, so that both take the same time
};

}  // namespace ringwall::sip
