#pragma once

#include "sdp/session_description.h"

namespace ringwall::sdp {

/// Reads the value of a=crypto (RFC 4568 section 9.1). Without tag, suite or key it is an error. Key parameters that
/// this side does not understand (another key method, base64 that does not decode, more than limits::srtp_master_keys)
/// are none: RFC 4568 section 5.1.2 has such a line passed over, so it comes back with an empty key, which no
/// offer/answer accepts.
Result<CryptoAttribute> parse_crypto(std::string_view value);
std::string print_crypto(const CryptoAttribute& crypto);

}  // namespace ringwall::sdp
