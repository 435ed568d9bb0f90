#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "media/record/tone.h"

/// Sounds that tests make, and how alike two of them are.
namespace ringwall::media {

inline std::vector<std::int16_t> sine(double hz, std::uint32_t rate, std::size_t samples, double amplitude = 8'000) {
  std::vector<std::int16_t> out(samples);
  ToneGenerator(hz, amplitude, rate).fill(out);
  return out;
}

/// Like a voice: harmonics of a pitch that glides between 110 and 190 Hz, in syllables, with breath between.
inline std::vector<std::int16_t> voice(std::uint32_t rate, std::size_t samples, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> breath(-60, 60);
  std::vector<std::int16_t> out(samples);
  double phase = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const double second = static_cast<double>(i) / rate;
    phase += 2 * std::numbers::pi * (150 + 40 * std::sin(2.1 * second)) / rate;
    const double loud = std::max(0.0, std::sin(2 * std::numbers::pi * 3.3 * second));
    double value = 0;
    for (int harmonic = 1; harmonic <= 18; ++harmonic)
      value += std::sin(harmonic * phase) / (1 + std::abs(harmonic - 4));
    out[i] = static_cast<std::int16_t>(3'000 * loud * value + breath(random));
  }
  return out;
}

/// Signal to noise in dB of `got` against `wanted`, at the best of all delays up to `most_delay` samples.
inline double likeness_db(std::span<const std::int16_t> wanted, std::span<const std::int16_t> got,
                          std::size_t most_delay) {
  double best = -100;
  const std::size_t count = std::min(wanted.size(), got.size()) - most_delay;
  for (std::size_t delay = 0; delay <= most_delay; ++delay) {
    double signal = 1, noise = 1;
    for (std::size_t i = 0; i < count; ++i) {
      const double w = wanted[i], error = w - got[i + delay];
      signal += w * w;
      noise += error * error;
    }
    best = std::max(best, 10 * std::log10(signal / noise));
  }
  return best;
}

}  // namespace ringwall::media
