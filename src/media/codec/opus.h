#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/types.h"

struct OpusEncoder;
struct OpusDecoder;

/// Opus by libopus, one channel of 16 kHz samples. Each object allocates when it is made, and never again.
namespace ringwall::media {

inline constexpr std::uint32_t opus_least_bits = 6'000, opus_most_bits = 64'000;  ///< per second

class OpusVoiceEncoder {
 public:
  explicit OpusVoiceEncoder(const OpusOptions& options);
  /// One frame of 20 ms; gives the size of what it wrote. An empty packet (DTX, RFC 7587 section 3.1.3) is 0.
  std::size_t encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out);

 private:
  std::unique_ptr<OpusEncoder, void (*)(OpusEncoder*)> encoder_;
};

class OpusVoiceDecoder {
 public:
  OpusVoiceDecoder();
  /// All audio of a packet, as much as `out` has room for; 0 for a packet that is no Opus.
  std::size_t decode(std::span<const std::uint8_t> packet, std::span<std::int16_t> out);
  /// Fills in for a lost frame of out.size() samples. `next` is the packet behind it, if it is here: it may hold the
  /// lost one once more (forward error correction, RFC 6716 section 2.1.7).
  void conceal(std::span<const std::uint8_t> next, std::span<std::int16_t> out);

 private:
  std::unique_ptr<OpusDecoder, void (*)(OpusDecoder*)> decoder_;
};

}  // namespace ringwall::media
