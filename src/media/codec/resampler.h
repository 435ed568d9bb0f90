#pragma once

#include <cstdint>
#include <memory>
#include <span>

struct SpeexResamplerState_;

namespace ringwall::media {

/// Changes the sample rate of one stream, by speexdsp. Allocates when it is made, and never again.
class Resampler {
 public:
  Resampler(std::uint32_t from, std::uint32_t to);
  /// `out` must have in.size() * to / from samples. The stream is late by the filter's length, about 5 ms.
  void resample(std::span<const std::int16_t> in, std::span<std::int16_t> out);

  [[nodiscard]] std::uint32_t from() const { return from_; }
  [[nodiscard]] std::uint32_t to() const { return to_; }

 private:
  std::uint32_t from_, to_;
  std::unique_ptr<SpeexResamplerState_, void (*)(SpeexResamplerState_*)> state_;
};

}  // namespace ringwall::media
