#include "sip/transport/shares.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace ringwall::sip {

std::vector<std::size_t> order_by_share(std::span<const Share> shares, const std::function<std::uint64_t()>& random) {
  std::vector<std::size_t> left(shares.size()), out;
  std::iota(left.begin(), left.end(), std::size_t{0});
  // Within a priority those without weight come first, so that they are only drawn by a zero.
  std::ranges::sort(left, {}, [&](std::size_t i) { return std::tuple(shares[i].priority, shares[i].weight != 0, i); });
  out.reserve(left.size());
  while (!left.empty()) {
    const auto equals =
        std::ranges::find_if(left, [&](std::size_t i) { return shares[i].priority != shares[left.front()].priority; });
    const auto sum = std::accumulate(left.begin(), equals, std::uint64_t{0},
                                     [&](std::uint64_t total, std::size_t i) { return total + shares[i].weight; });
    const std::uint64_t drawn = equals - left.begin() > 1 ? random() % (sum + 1) : 0;
    std::uint64_t running = 0;
    auto chosen = left.begin();
    while (chosen + 1 != equals && (running += shares[*chosen].weight) < drawn)
      ++chosen;
    out.push_back(*chosen);
    left.erase(chosen);
  }
  return out;
}

}  // namespace ringwall::sip
