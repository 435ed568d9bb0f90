#pragma once

#include <cstdint>
#include <span>

#include "media/types.h"

/// ITU-T G.711, mu-law and A-law, 16-bit linear on our side.
namespace ringwall::media {

inline constexpr std::size_t samples_per_frame = 160;  ///< 20 ms at 8 kHz

std::uint8_t encode_sample(Codec codec, std::int16_t linear);
std::int16_t decode_sample(Codec codec, std::uint8_t coded);

/// `out` has the size of `in`.
void encode(Codec codec, std::span<const std::int16_t> in, std::span<std::uint8_t> out);
void decode(Codec codec, std::span<const std::uint8_t> in, std::span<std::int16_t> out);
/// In place, by table.
void transcode(Codec from, Codec to, std::span<std::uint8_t> data);

}  // namespace ringwall::media
