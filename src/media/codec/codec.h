#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "media/types.h"

/// What is fixed for each codec, and by which name session descriptions call it.
namespace ringwall::media {

inline constexpr std::uint32_t frame_ms = 20;  ///< of everything that is played, mixed, encoded or handed on
inline constexpr std::size_t codec_count = 5;

struct CodecFacts {
  std::string_view name;      ///< as in SDP
  std::uint32_t clock_rate;   ///< of RTP timestamps; 8000 for G.722 although it carries 16000 (RFC 3551 section 4.5.2)
  std::uint32_t sample_rate;  ///< of what our encoder takes and our decoder gives
  std::uint8_t channels;      ///< in SDP; Opus is always written with 2 (RFC 7587 section 7)
  std::size_t most_payload_bytes;  ///< of one frame that we make

  [[nodiscard]] constexpr std::size_t frame_samples() const { return sample_rate / 1000 * frame_ms; }
  [[nodiscard]] constexpr std::uint32_t frame_clock() const { return clock_rate / 1000 * frame_ms; }
};

const CodecFacts& facts(Codec codec);
std::optional<Codec> parse_codec(std::string_view name);  ///< by its name in SDP, in any case
inline std::string_view print(Codec codec) {
  return facts(codec).name;
}

inline bool is_g711(Codec codec) {
  return codec == Codec::pcmu || codec == Codec::pcma;
}

/// The highest sample rate that is spoken anywhere here, and its samples in a frame.
inline constexpr std::uint32_t widest_rate = 16'000;
inline constexpr std::size_t widest_frame = widest_rate / 1000 * frame_ms;
/// The longest audio that one packet may bring (Opus: RFC 6716 section 2.1.4); what goes beyond is not decoded.
inline constexpr std::size_t longest_packet_samples = widest_rate / 1000 * 120;

}  // namespace ringwall::media
