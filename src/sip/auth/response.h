#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sip/auth/account.h"

namespace ringwall::sip {

/// How much of a request the digest covers (RFC 7616 section 3.4.3). `none` is that of RFC 2069, with which a client of
/// ours answers a server that names no qop.
enum class DigestProtection : std::uint8_t { none, auth, auth_int };

/// Everything that goes into the `response` of credentials (RFC 7616 section 3.4.1), as the texts stand between quotes.
struct DigestInput {
  crypto::DigestAlgorithm algorithm = crypto::DigestAlgorithm::sha_256;
  bool session = false;  ///< the "-sess" variant
  DigestProtection protection = DigestProtection::auth;
  std::string_view nonce, count, cnonce;  ///< count: eight hex digits
  std::string_view method, uri, body;
};

std::string_view print(DigestProtection protection);  ///< "auth", "auth-int"; "" for none

/// The `response` value in hex.
Secret digest_response(const Secret& a1, const DigestInput& input);

}  // namespace ringwall::sip
