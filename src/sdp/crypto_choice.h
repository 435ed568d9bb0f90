#pragma once

#include <span>

#include "sdp/session_description.h"

namespace ringwall::sdp {

/// nullptr if the offered or answered crypto attribute can be used as it stands, else why not: an unknown suite, a key
/// of the wrong length, an MKI, a key lifetime that a call may outlive, or session parameters that weaken the stream or
/// are not understood (RFC 4568 sections 6.1 and 6.3).
const char* why_unusable(const CryptoAttribute& crypto);

/// The offered attribute to answer with: the first of `suites` (in our order) that is offered in a usable form. The
/// error is the reason for a 488.
Result<const CryptoAttribute*> choose_crypto(std::span<const CryptoAttribute> offered,
                                             std::span<const std::string> suites);

}  // namespace ringwall::sdp
