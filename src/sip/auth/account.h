#pragma once

#include <array>
#include <string>

#include "crypto/digest_access.h"

namespace ringwall::sip {

/// What one user of one realm proves: never a password, but H(user:realm:password) for each algorithm.
struct DigestAccount {
  std::string user;
  std::string realm;
  std::array<Secret, crypto::digest_algorithms> a1;  ///< by crypto::DigestAlgorithm; empty: not usable with that one

  [[nodiscard]] const Secret& secret(crypto::DigestAlgorithm algorithm) const {
    return a1.at(static_cast<std::size_t>(algorithm));
  }
  /// The account that this password makes, for all three algorithms.
  static DigestAccount from_password(std::string user, std::string realm, std::string_view password) {
    DigestAccount out{std::move(user), std::move(realm), {}};
    for (std::size_t i = 0; i < out.a1.size(); ++i)
      out.a1.at(i) = crypto::digest_a1(static_cast<crypto::DigestAlgorithm>(i), out.user, out.realm, password);
    return out;
  }
};

}  // namespace ringwall::sip
