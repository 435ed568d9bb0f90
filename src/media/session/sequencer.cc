#include "media/session/sequencer.h"

#include <algorithm>
#include <cstdlib>

namespace ringwall::media {
namespace {

constexpr std::uint32_t frames_per_second = 50;
/// A jump further than this within a source is a new start.
constexpr int largest_jump = 3000;

}  // namespace

std::uint32_t Sequencer::timestamp_at(Time now) const {
  if (!last_) return timestamp_;
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now - *last_).count();
  return timestamp_ + static_cast<std::uint32_t>(std::max<std::int64_t>(0, millis)) * (clock_rate_ / 1000);
}

std::optional<RtpHeader> Sequencer::next(Source source, std::uint16_t sequence, std::uint32_t timestamp, bool marker,
                                         Time now) {
  const int jump = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - last_in_));
  if (!has_source_ || source != source_ || std::abs(jump) > largest_jump) {
    has_source_ = true;
    source_ = source;
    first_ = static_cast<std::uint16_t>(highest_ + 1);
    sequence_offset_ = static_cast<std::uint16_t>(first_ - sequence);
    const std::uint32_t frame = clock_rate_ / frames_per_second;
    const std::uint32_t passed = timestamp_at(now) - timestamp_;
    const std::uint32_t start = last_ ? timestamp_ + std::max(frame, (passed + frame / 2) / frame * frame) : timestamp_;
    timestamp_offset_ = start - timestamp;
    last_in_ = sequence;
    marker = true;
  }
  RtpHeader out{.marker = marker,
                .sequence = static_cast<std::uint16_t>(sequence + sequence_offset_),
                .timestamp = timestamp + timestamp_offset_,
                .ssrc = ssrc_};
  if (sequence_before(out.sequence, first_)) return std::nullopt;
  if (sequence_before(highest_, out.sequence)) {
    highest_ = out.sequence;
    timestamp_ = out.timestamp;
    last_ = now;
    last_in_ = sequence;
  }
  // A source that stays for more than half the number space must not find its own packets "before" its start.
  if (static_cast<std::uint16_t>(highest_ - first_) > 0x4000) first_ = static_cast<std::uint16_t>(highest_ - 0x2000);
  return out;
}

void Sequencer::skip(Source source) {
  if (has_source_ && source == source_) --sequence_offset_;
}

}  // namespace ringwall::media
