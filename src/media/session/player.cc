#include "media/session/player.h"

#include <algorithm>

namespace ringwall::media {

bool Player::playing() {
  // Steps over finished and empty clips; one whole round without a sample ends a loop too.
  for (std::size_t steps = 0; steps <= list_.clips.size(); ++steps) {
    if (clip_ == list_.clips.size()) {
      if (!list_.loop) return false;
      clip_ = at_ = 0;
      if (list_.clips.empty()) return false;
    }
    const Pcm& clip = list_.clips[clip_];
    if (clip && at_ < clip->size()) return true;
    ++clip_;
    at_ = 0;
  }
  return false;
}

void Player::fill(std::span<std::int16_t> out) {
  while (!out.empty() && playing()) {
    const std::span<const std::int16_t> rest = std::span(*list_.clips[clip_]).subspan(at_);
    const std::size_t count = std::min(rest.size(), out.size());
    std::ranges::copy(rest.first(count), out.begin());
    at_ += count;
    out = out.subspan(count);
  }
  std::ranges::fill(out, std::int16_t{0});
}

}  // namespace ringwall::media
