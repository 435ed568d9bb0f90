#include "media/record/tone.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ringwall::media {
namespace {

constexpr double silence_rms = 32;
constexpr std::uint32_t blocks_per_second = 20;  // 50 ms

}  // namespace

double tone_ratio(std::span<const std::int16_t> samples, double hz, std::uint32_t rate) {
  if (samples.empty()) return 0;
  const double count = static_cast<double>(samples.size());
  const double omega = 2 * std::numbers::pi * hz / rate, coefficient = 2 * std::cos(omega);
  double mean = 0;
  for (const std::int16_t sample : samples)
    mean += sample;
  mean /= count;
  double before = 0, before_that = 0, energy = 0;
  for (const std::int16_t sample : samples) {
    const double value = sample - mean;
    const double next = value + coefficient * before - before_that;
    before_that = before;
    before = next;
    energy += value * value;
  }
  if (energy < silence_rms * silence_rms * count) return 0;
  const double power = before * before + before_that * before_that - coefficient * before * before_that;
  return std::clamp(2 * power / (count * energy), 0.0, 1.0);
}

std::uint32_t tone_ms(std::span<const std::int16_t> samples, double hz, double threshold, std::uint32_t rate) {
  const std::size_t block = rate / blocks_per_second;
  std::uint32_t longest = 0, present = 0;
  for (; samples.size() >= block; samples = samples.subspan(block)) {
    present = tone_ratio(samples.first(block), hz, rate) >= threshold ? present + 50 : 0;
    longest = std::max(longest, present);
  }
  return longest;
}

ToneGenerator::ToneGenerator(double hz, double amplitude, std::uint32_t rate)
    : step_(2 * std::numbers::pi * hz / rate), amplitude_(amplitude) {}

void ToneGenerator::fill(std::span<std::int16_t> out) {
  for (std::int16_t& sample : out) {
    sample = static_cast<std::int16_t>(std::lround(amplitude_ * std::sin(phase_)));
    phase_ += step_;
    if (phase_ > 2 * std::numbers::pi) phase_ -= 2 * std::numbers::pi;
  }
}

}  // namespace ringwall::media
