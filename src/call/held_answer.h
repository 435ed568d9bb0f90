#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall::call {

/// The answer to an offer of whoever is to wait until somebody else offers: one inactive stream, under a key that
/// nobody uses, so that it is never in the clear. `address` is the element's. Fails as sdp::make_answer does, and
/// without an offer.
Result<std::string> held_answer(std::string_view offer, const std::string& address);

}  // namespace ringwall::call
