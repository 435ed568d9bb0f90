#pragma once

#include <cstdint>
#include <span>

namespace ringwall::media {

/// How much of the block's energy lies at `hz` (Goertzel), from 0 to 1: a pure tone gives about 1, speech or silence
/// about 0. Sharpness is rate / samples Hz, so a block should be 50 ms or more. Silence (rms below 32) gives 0.
double tone_ratio(std::span<const std::int16_t> samples, double hz, std::uint32_t rate = 8'000);

/// The longest stretch in ms, in steps of 50 ms, in which the tone stands out (ratio at least `threshold`).
std::uint32_t tone_ms(std::span<const std::int16_t> samples, double hz, double threshold = 0.8,
                      std::uint32_t rate = 8'000);

/// Makes a sine without jumps between frames.
class ToneGenerator {
 public:
  explicit ToneGenerator(double hz, double amplitude = 8'000, std::uint32_t rate = 8'000);
  void fill(std::span<std::int16_t> out);

 private:
  double step_, amplitude_, phase_ = 0;
};

}  // namespace ringwall::media
