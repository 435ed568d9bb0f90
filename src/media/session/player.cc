#include "media/session/player.h"

#include <algorithm>

#include "media/codec/g711.h"

namespace ringwall::media {

bool Player::playing() {
  // Steps over finished and empty clips; one whole round without a sample ends a loop too.
  for (std::size_t steps = 0; steps <= list_.clips.size(); ++steps) {
    if (clip_ == list_.clips.size()) {
      if (!list_.loop) return false;
      clip_ = at_ = 0;
      if (list_.clips.empty()) return false;
    }
    const Pcm& clip = list_.clips[clip_].samples();
    if (clip && at_ < clip->size()) return true;
    ++clip_;
    at_ = 0;
  }
  return false;
}

std::optional<Bytes> Player::next_encoded(Codec codec) {
  const EncodedFrames* const frames = list_.clips[clip_].frames(codec);
  if (frames == nullptr) return std::nullopt;
  const std::size_t number = at_ / samples_per_frame;
  const std::uint32_t begin = number == 0 ? 0 : frames->ends[number - 1];
  at_ += samples_per_frame;
  return Bytes(frames->bytes).subspan(begin, frames->ends[number] - begin);
}

void Player::fill(std::span<std::int16_t> frame) {
  if (playing()) {
    const std::span<const std::int16_t> rest = std::span(*list_.clips[clip_].samples()).subspan(at_);
    const std::size_t count = std::min(rest.size(), frame.size());
    std::ranges::copy(rest.first(count), frame.begin());
    at_ += frame.size();
    frame = frame.subspan(count);
  }
  std::ranges::fill(frame, std::int16_t{0});
}

}  // namespace ringwall::media
