#pragma once

#include <span>

#include "sdp/offer_answer.h"

namespace ringwall::sdp {

/// nullptr if the offered or answered crypto attribute can be used as it stands, else why not: an unknown suite, a key
/// of the wrong length, a lifetime or master key identifier that is not valid, or session parameters that weaken the
/// stream or are not understood (RFC 4568 sections 6.1 and 6.3).
const char* why_unusable(const CryptoAttribute& crypto);

/// The offered attribute to answer with: the first of `suites` (in our order) that is offered in a usable form. The
/// error is the reason for a 488.
Result<const CryptoAttribute*> choose_crypto(std::span<const CryptoAttribute> offered,
                                             std::span<const std::string> suites);

/// What the peer sends under a usable attribute: keys, identifiers, lifetime.
void take_peer_keys(const CryptoAttribute& theirs, Agreed& agreed);

/// Our attribute for the usable one that was offered, with a fresh key. It has the lifetime of the peer's keys, and an
/// identifier of their length if they have any, as in the example of RFC 4568 section 7.
CryptoAttribute answer_crypto(const CryptoAttribute& offered, const Local& local, Agreed& agreed);

}  // namespace ringwall::sdp
