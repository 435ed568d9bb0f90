#pragma once

#include <cstdint>
#include <span>

#include "media/types.h"

namespace ringwall::media {

/// Walks through a playlist frame by frame.
class Player {
 public:
  Player() = default;
  explicit Player(Playlist list) : list_(std::move(list)) {}

  /// True while there is something to play; a loop without a single sample has nothing.
  [[nodiscard]] bool playing();
  /// The next samples; silence behind the end.
  void fill(std::span<std::int16_t> out);

 private:
  Playlist list_;
  std::size_t clip_ = 0, at_ = 0;
};

}  // namespace ringwall::media
