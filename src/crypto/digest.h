#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

struct evp_mac_ctx_st;

namespace ringwall::crypto {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha1 = std::array<std::uint8_t, 20>;

/// FIPS 180-4.
Sha256 sha256(Bytes bytes);
/// Only where a protocol names it (HMAC-SHA1 of SRTP, key identifiers); never as proof of who made something.
Sha1 sha1(Bytes bytes);

/// HMAC-SHA-256 with one key, for many messages: a message costs no key set-up. Of one thread.
class HmacSha256 {
 public:
  explicit HmacSha256(Bytes key);
  [[nodiscard]] Sha256 mac(Bytes bytes) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

/// RFC 2104.
Sha256 hmac_sha256(Bytes key, Bytes bytes);
Sha1 hmac_sha1(Bytes key, Bytes bytes);

}  // namespace ringwall::crypto
