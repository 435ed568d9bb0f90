#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "media/types.h"

namespace ringwall::media {

/// Walks through a playlist, 20 ms at a time. Each clip begins at a frame's beginning.
class Player {
 public:
  Player() = default;
  explicit Player(Playlist list) : list_(std::move(list)) {}

  /// True while there is something to play; a loop without a single sample has nothing.
  [[nodiscard]] bool playing();
  /// The next frame as it was encoded for all calls; nothing, and no step, if nobody has encoded this clip yet. Only
  /// while playing().
  std::optional<Bytes> next_encoded(Codec codec);
  /// The next frame of 8 kHz samples; silence behind the end.
  void fill(std::span<std::int16_t> frame);

 private:
  Playlist list_;
  std::size_t clip_ = 0, at_ = 0;  // at_ in samples: a multiple of a frame
};

}  // namespace ringwall::media
