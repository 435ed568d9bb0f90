#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace ringwall::crypto {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha1 = std::array<std::uint8_t, 20>;

/// FIPS 180-4.
Sha256 sha256(Bytes bytes);
/// Only where a protocol names it (HMAC-SHA1 of SRTP, key identifiers); never as proof of who made something.
Sha1 sha1(Bytes bytes);

/// RFC 2104.
Sha256 hmac_sha256(Bytes key, Bytes bytes);
Sha1 hmac_sha1(Bytes key, Bytes bytes);

}  // namespace ringwall::crypto
