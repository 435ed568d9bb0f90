#pragma once

#include <string_view>

#include "base/result.h"
#include "policy/site.h"

/// Which dial peer a dialled number goes to.
namespace ringwall::policy {

/// A good pattern: an optional leading '+', then digits, '*', '#' and '.' (any one digit), and perhaps a last 'T' (any
/// number of further digits, none included). At most limits::dial_pattern_length characters.
Result<> check_pattern(std::string_view pattern);

/// True if the whole number is what the pattern says. The pattern must be good.
bool matches(std::string_view pattern, std::string_view number);

/// The element's dial peer for a number, or null if there is none (the call is answered 404). Of several that match,
/// the most specific wins: first more literal digits, then no 'T', then the longer pattern, then the smaller name.
const DialPeer* find_dial_peer(const Site& site, std::string_view element, std::string_view number);

}  // namespace ringwall::policy
