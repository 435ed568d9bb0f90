#pragma once

#include <cstdint>
#include <span>

namespace ringwall::media {

/// Takes one pitch period (2.5 to 10 ms) out of the samples, or puts one in, at the place and with the blending where
/// it is heard least: the playing of a stream hurries or tarries without a change of pitch. `samples` are 20 ms or more
/// at `rate`. Both give the period's length in samples.
std::size_t shorten(std::span<std::int16_t> samples, std::uint32_t rate);
/// The first `count` of `samples` are given; there must be room for 10 ms more behind them.
std::size_t lengthen(std::span<std::int16_t> samples, std::size_t count, std::uint32_t rate);

}  // namespace ringwall::media
