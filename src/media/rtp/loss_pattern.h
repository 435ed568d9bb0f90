#pragma once

#include <cstdint>

namespace ringwall::media {

/// How a stream's losses lie in it: bursts and gaps as RFC 3611 section 4.7.2 tells them apart. A burst begins and ends
/// with a loss and has no `gap_minimum` packets in a row that came; what lies between bursts are gaps, where a loss
/// stands alone. A packet is given up when `reordering` later ones have come.
class LossPattern {
 public:
  static constexpr unsigned gap_minimum = 16;  ///< Gmin that RFC 3611 recommends
  static constexpr unsigned reordering = 8;

  /// The packet `distance` places behind the newest so far came: 1 is the next one, 0 or less is late or a copy.
  void receive(int distance);
  /// A new source begins: what is known of the old one stays.
  void restart();

  struct Figures {
    std::uint64_t packets = 0, lost = 0;
    double burst_density = 0, gap_density = 0;  ///< losses in bursts and in gaps, per packet there
    double burst_packets = 0, gap_packets = 0;  ///< mean length of a burst and of a gap
    /// Mean length of a run of losses over that of random loss (BurstR of ITU-T G.107 clause 7.5), 1 or more.
    double burst_ratio = 1;

    [[nodiscard]] double loss() const {
      return packets == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(packets);
    }
  };
  /// Of all that is decided so far; the newest packets count only when `reordering` later ones have come.
  [[nodiscard]] Figures figures() const;

 private:
  struct Stretch {
    std::uint64_t packets = 0, lost = 0;
  };
  struct Totals {
    Stretch bursts, gaps;
    std::uint64_t burst_count = 0;
  };
  void decide(bool came);
  /// The possible burst is over: a single loss belongs to the gap around it.
  static void close(Totals& totals, const Stretch& open);

  std::uint32_t window_ = 0;  // bit n: the packet n places before the newest came
  unsigned filled_ = 0;       // how many places of it are known
  Totals totals_;
  Stretch open_;                  // from a loss to the latest one
  std::uint64_t since_loss_ = 0;  // packets that came since then
  std::uint64_t runs_ = 0;        // of losses without a packet in between
};

}  // namespace ringwall::media
