#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace ringwall::sip {

/// What one of several servers for the same thing is to be given (RFC 2782): all of the lowest priority are used
/// before any of the next, and among equals each gets calls in proportion to its weight.
struct Share {
  unsigned priority = 0;
  unsigned weight = 0;
};

/// The order in which to try them, as indices: RFC 2782 "Usage rules", drawn anew each time. `random` gives 64 random
/// bits.
std::vector<std::size_t> order_by_share(std::span<const Share> shares, const std::function<std::uint64_t()>& random);

}  // namespace ringwall::sip
