#include "media/codec/loss_concealer.h"

#include <algorithm>
#include <cmath>

namespace ringwall::media {
namespace {

constexpr std::uint32_t shortest_periods = 400, longest_periods = 66;  // a second: 2.5 to 15 ms
constexpr std::uint32_t windows = 100, blends = 200;                   // 10 and 5 ms
constexpr std::uint32_t fade_begins_ms = 10, fade_ends_ms = 60;

std::int16_t blend(std::int16_t from, std::int16_t to, std::size_t at, std::size_t length) {
  const auto part = static_cast<std::int32_t>(at), whole = static_cast<std::int32_t>(length);
  return static_cast<std::int16_t>((from * (whole - part) + to * part) / whole);
}

}  // namespace

/// Finds the period under which the newest 10 ms repeat best, and keeps one, with its end blended into what came before
/// its beginning: so it can go round.
void LossConcealer::begin() {
  const std::size_t window = rate_ / windows, end = history_.size();
  double best = -1;
  period_length_ = rate_ / longest_periods;
  for (std::size_t shift = rate_ / shortest_periods; shift <= rate_ / longest_periods; ++shift) {
    std::int64_t product = 0, energy = 1;
    for (std::size_t i = end - window; i < end; ++i) {
      product += std::int32_t{history_[i]} * history_[i - shift];
      energy += std::int32_t{history_[i - shift]} * history_[i - shift];
    }
    const double likeness = static_cast<double>(product) / std::sqrt(static_cast<double>(energy));
    if (likeness > best) {
      best = likeness;
      period_length_ = shift;
    }
  }
  const std::size_t overlap = period_length_ / 4;
  std::copy(history_.end() - static_cast<std::ptrdiff_t>(period_length_), history_.end(), period_.begin());
  for (std::size_t i = 0; i < overlap; ++i)
    period_[period_length_ - overlap + i] =
        blend(history_[end - overlap + i], history_[end - period_length_ - overlap + i], i + 1, overlap + 1);
}

std::int16_t LossConcealer::next() {
  const std::size_t fade_begins = rate_ / 1000 * fade_begins_ms, fade_ends = rate_ / 1000 * fade_ends_ms;
  const std::size_t at = lost_++;
  if (at >= fade_ends) return 0;
  const std::int16_t sample = period_[at % period_length_];
  return at < fade_begins ? sample : blend(sample, 0, at - fade_begins, fade_ends - fade_begins);
}

void LossConcealer::remember(std::span<const std::int16_t> samples) {
  samples = samples.last(std::min(samples.size(), history_.size()));
  std::copy(history_.begin() + static_cast<std::ptrdiff_t>(samples.size()), history_.end(), history_.begin());
  std::ranges::copy(samples, history_.end() - static_cast<std::ptrdiff_t>(samples.size()));
}

void LossConcealer::received(std::span<std::int16_t> samples) {
  if (lost_ > 0) {
    const std::size_t length = std::min<std::size_t>(samples.size(), rate_ / blends);
    for (std::size_t i = 0; i < length; ++i)
      samples[i] = blend(next(), samples[i], i + 1, length + 1);
    lost_ = 0;
  }
  remember(samples);
}

void LossConcealer::conceal(std::span<std::int16_t> out) {
  if (lost_ == 0) begin();
  std::ranges::generate(out, [this] { return next(); });
  remember(out);
}

}  // namespace ringwall::media
