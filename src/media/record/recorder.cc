#include "media/record/recorder.h"

#include <algorithm>

#include "base/limits.h"
#include "media/codec/g711.h"

namespace ringwall::media {
namespace {

constexpr std::size_t most_samples = limits::recording_seconds * 8'000;
/// A timestamp further away than this (10 s) is a new start of the clock, not a pause.
constexpr std::int64_t largest_gap = 80'000;

}  // namespace

void Recorder::add(std::uint32_t ssrc, std::uint32_t timestamp, Codec codec, std::span<const std::uint8_t> payload) {
  const auto end = static_cast<std::int64_t>(samples_.size());
  std::int64_t at = static_cast<std::int32_t>(timestamp - origin_);
  if (!started_ || ssrc != ssrc_ || at > end + largest_gap || at < end - largest_gap) {
    started_ = true;
    ssrc_ = ssrc;
    at = end;
    origin_ = timestamp - static_cast<std::uint32_t>(end);
  }
  if (at < 0 || static_cast<std::size_t>(at) >= most_samples) return;
  const auto first = static_cast<std::size_t>(at);
  const std::size_t count = std::min(payload.size(), most_samples - first);
  if (samples_.size() < first + count) samples_.resize(first + count);
  decode(codec, payload.first(count), std::span(samples_).subspan(first, count));
}

}  // namespace ringwall::media
