#include "media/jitter/delay_estimate.h"

#include <algorithm>

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;
constexpr auto window = 2s;
constexpr float forgetting = 0.995F;  // a packet counts half as much 140 packets later
constexpr float tail = 0.02F;         // of the packets may come too late
constexpr double least_target_ms = 10, first_target_ms = 30;
/// Before anything is known: that many of the packets (a guess that is soon forgotten) come that late.
constexpr float guessed_share = 0.05F;
constexpr std::size_t guessed_bucket = 5;

bool before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace

std::uint32_t DelayEstimate::transit(std::uint32_t timestamp, Time now) const {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(micros) * (clock_rate_ / 1000) / 1000) - timestamp;
}

void DelayEstimate::restart() {
  known_ = false;
  histogram_ = {};
  target_ms_ = first_target_ms;
}

void DelayEstimate::find_fastest(std::uint32_t seen, Time now) {
  if (!known_) {
    known_ = true;
    fastest_ = window_fastest_ = before_fastest_ = seen;
    window_end_ = now + window;
    histogram_[0] = 1 - guessed_share;
    histogram_[guessed_bucket] = guessed_share;
  }
  if (now >= window_end_) {
    before_fastest_ = window_fastest_;
    window_fastest_ = seen;
    window_end_ = now + window;
  }
  if (before(seen, window_fastest_)) window_fastest_ = seen;
  fastest_ = before(before_fastest_, window_fastest_) ? before_fastest_ : window_fastest_;
}

void DelayEstimate::receive(std::uint32_t timestamp, Time now) {
  const std::uint32_t seen = transit(timestamp, now);
  find_fastest(seen, now);
  const double late = static_cast<double>(seen - fastest_) * 1000 / clock_rate_;
  const auto bucket = std::min(static_cast<std::size_t>(late / bucket_ms), buckets - 1);
  float whole = 0;
  for (float& share : histogram_)
    whole += share *= forgetting;
  histogram_[bucket] += 1 - forgetting;
  whole += 1 - forgetting;
  float beyond = 0;
  std::size_t last = buckets - 1;
  for (; last > 0; --last) {
    beyond += histogram_[last];
    if (beyond > tail * whole) break;
  }
  target_ms_ = std::max(least_target_ms, static_cast<double>(last + 1) * bucket_ms);
}

double DelayEstimate::lateness_ms(std::uint32_t timestamp, Time now) const {
  if (!known_) return 0;
  return static_cast<double>(static_cast<std::int32_t>(transit(timestamp, now) - fastest_)) * 1000 / clock_rate_;
}

}  // namespace ringwall::media
