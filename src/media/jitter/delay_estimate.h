#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace ringwall::media {

/// How late packets are against the fastest ones, and so how long playing must wait for them. The fastest is looked for
/// in the last two windows of 2 s: the clocks of both ends may drift, and a path may become slower. How late the others
/// are is a histogram that forgets; the target is what 98 % of them keep.
class DelayEstimate {
 public:
  explicit DelayEstimate(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void receive(std::uint32_t timestamp, Time now);
  /// Begins anew, with nothing known of the path.
  void restart();

  [[nodiscard]] double target_ms() const { return target_ms_; }
  /// How long after the fastest possible arrival of this timestamp it is now; 0 while nothing is known.
  [[nodiscard]] double lateness_ms(std::uint32_t timestamp, Time now) const;

 private:
  static constexpr std::size_t buckets = 40;
  static constexpr double bucket_ms = 5;

  [[nodiscard]] std::uint32_t transit(std::uint32_t timestamp, Time now) const;
  void find_fastest(std::uint32_t transit, Time now);

  std::uint32_t clock_rate_;
  bool known_ = false;
  std::uint32_t fastest_ = 0, window_fastest_ = 0, before_fastest_ = 0;  // transit: arrival minus timestamp, with wrap
  Time window_end_{};
  std::array<float, buckets> histogram_{};
  double target_ms_ = 30;
};

}  // namespace ringwall::media
