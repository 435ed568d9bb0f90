#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "media/codec/codec.h"

namespace ringwall::media {

/// Hides lost frames of one stream, in the way of ITU-T G.711 appendix I: repeats the last pitch period, and fades it
/// out between 10 and 60 ms. For codecs that have nothing of their own. (libspandsp has the same for 8 kHz only, and
/// copies within overlapping memory.)
class LossConcealer {
 public:
  explicit LossConcealer(std::uint32_t rate) : rate_(rate) {}
  /// Sees what was received; after a loss its beginning is blended with what would have been made up.
  void received(std::span<std::int16_t> samples);
  /// Fills in for samples that did not come.
  void conceal(std::span<std::int16_t> out);

 private:
  static constexpr std::size_t most_history = widest_rate / 1000 * 40;

  void begin();
  std::int16_t next();
  void remember(std::span<const std::int16_t> samples);

  std::uint32_t rate_;
  std::size_t lost_ = 0;  // samples made up since the last received one
  std::size_t period_length_ = 0;
  std::array<std::int16_t, most_history> history_{};  // the newest 40 ms, at its end
  std::array<std::int16_t, most_history> period_;
};

}  // namespace ringwall::media
