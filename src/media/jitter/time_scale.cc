#include "media/jitter/time_scale.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ringwall::media {
namespace {

/// The shift under which the beginning is most like itself (normalised correlation).
std::size_t find_period(std::span<const std::int16_t> samples, std::uint32_t rate) {
  const std::size_t shortest = rate / 400, longest = rate / 100, window = rate / 100;
  CHECK(samples.size() >= longest + window);
  std::size_t best = longest;
  double best_likeness = 0;
  double energy = 0;
  for (std::size_t i = 0; i < window; ++i)
    energy += static_cast<double>(samples[shortest + i]) * samples[shortest + i];
  for (std::size_t shift = shortest; shift <= longest; ++shift) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < window; ++i)
      sum += std::int32_t{samples[i]} * samples[shift + i];
    if (energy > 0) {
      const double likeness = static_cast<double>(sum) / std::sqrt(energy);
      if (likeness > best_likeness) {
        best_likeness = likeness;
        best = shift;
      }
    }
    if (shift + window >= samples.size()) break;
    const double leaves = samples[shift], enters = samples[shift + window];
    energy += enters * enters - leaves * leaves;
  }
  return best;
}

std::int16_t blend(std::int16_t from, std::int16_t to, std::size_t at, std::size_t length) {
  const auto part = static_cast<std::int32_t>(at), whole = static_cast<std::int32_t>(length);
  return static_cast<std::int16_t>((from * (whole - part) + to * part) / whole);
}

}  // namespace

std::size_t shorten(std::span<std::int16_t> samples, std::uint32_t rate) {
  const std::size_t period = find_period(samples, rate);
  for (std::size_t i = 0; i < period; ++i)
    samples[i] = blend(samples[i], samples[i + period], i, period);
  std::ranges::copy(samples.subspan(2 * period), samples.begin() + static_cast<std::ptrdiff_t>(period));
  return period;
}

std::size_t lengthen(std::span<std::int16_t> samples, std::size_t count, std::uint32_t rate) {
  const std::size_t period = find_period(samples.first(count), rate);
  CHECK(samples.size() >= count + period);
  std::copy_backward(samples.begin() + static_cast<std::ptrdiff_t>(period),
                     samples.begin() + static_cast<std::ptrdiff_t>(count),
                     samples.begin() + static_cast<std::ptrdiff_t>(count + period));
  // Behind the first period now follow: what came next, fading into the first period again, and what came next.
  for (std::size_t i = 0; i < period; ++i)
    samples[period + i] = blend(samples[2 * period + i], samples[i], i, period);
  return period;
}

}  // namespace ringwall::media
