#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "media/types.h"

namespace ringwall::media {

/// Makes a recording's mu-law at 8 kHz of whatever one side of a leg speaks. One object for each side.
class RecordingDecoder {
 public:
  /// What decode() gives at most.
  static constexpr std::int64_t most_samples = 1'500;

  /// Of RTP timestamps.
  static std::int64_t clock_rate(Codec codec);
  /// A view until the next call; empty if the payload is nothing that this codec makes.
  Bytes decode(Codec codec, std::span<const std::uint8_t> payload);

 private:
  std::vector<std::uint8_t> coded_;
};

}  // namespace ringwall::media
