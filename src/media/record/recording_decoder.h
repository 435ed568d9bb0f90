#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "media/codec/decoder.h"
#include "media/codec/resampler.h"

namespace ringwall::media {

/// Makes a recording's mu-law at 8 kHz of whatever one side of a leg speaks. One object for each side.
class RecordingDecoder {
 public:
  /// What decode() gives at most.
  static constexpr std::int64_t most_samples = 1'500;

  /// Of RTP timestamps.
  static std::int64_t clock_rate(Codec codec) { return facts(codec).clock_rate; }
  /// A view until the next call; empty if the payload is nothing that this codec makes.
  Bytes decode(Codec codec, Bytes payload);

 private:
  /// What codecs other than G.711 need.
  struct Wide {
    explicit Wide(Codec codec) : decoder(codec), resampler(facts(codec).sample_rate, 8'000) {}
    Decoder decoder;
    Resampler resampler;
    std::array<std::int16_t, longest_packet_samples> wide, narrow;
  };
  Bytes decode_wide(Codec codec, Bytes payload);

  std::vector<std::uint8_t> coded_;
  std::unique_ptr<Wide> wide_;
};

}  // namespace ringwall::media
