#pragma once

#include <array>
#include <span>

#include "media/codec/encoder.h"
#include "media/codec/resampler.h"

namespace ringwall::media {

/// Encodes frames of either sample rate, 8 or 16 kHz, for one stream. Allocates when it is made, and never again.
class FrameEncoder {
 public:
  FrameEncoder(Codec codec, const OpusOptions& opus);
  /// 20 ms at `rate`; the payload is valid until the next call. Empty if nothing need be sent.
  Bytes encode(std::span<const std::int16_t> frame, std::uint32_t rate);
  [[nodiscard]] Codec codec() const { return encoder_.codec(); }

 private:
  Encoder encoder_;
  Resampler resampler_;  // from the rate that is not the codec's
  std::array<std::int16_t, widest_frame> resampled_;
  std::array<std::uint8_t, widest_frame * 2> coded_;
};

/// 20 ms of silence, made once for each codec. Any thread.
Bytes silent_frame(Codec codec);

}  // namespace ringwall::media
