#include "media/record/timeline.h"

#include <algorithm>

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

/// How much is kept in memory before it is cut.
constexpr std::int64_t most_ahead = 4 * std::int64_t{recording::rate};
/// How far (400 ms) timestamps may be from arrivals: jitter and clocks that differ. Beyond it the clock is a new one.
constexpr std::int64_t tolerance = 2 * std::int64_t{recording::rate} / 5;
constexpr std::int64_t chunk_samples = recording::chunk_samples;

}  // namespace

void RecordingPauses::pause(Time now) {
  const std::lock_guard lock(mutex_);
  if (spans_.empty() || spans_.back().to != Time::max()) spans_.push_back({now, Time::max()});
}

Result<> RecordingPauses::resume(Time now) {
  const std::lock_guard lock(mutex_);
  if (spans_.empty() || spans_.back().to != Time::max()) return {};
  if (spans_.size() >= limits::recording_masks)
    return fail(
        fmt::format("the recording has been paused {} times, which is the limit: it stays paused", spans_.size()));
  spans_.back().to = now;
  return {};
}

bool RecordingPauses::paused() const {
  const std::lock_guard lock(mutex_);
  return !spans_.empty() && spans_.back().to == Time::max();
}

bool RecordingPauses::covers(Time at) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(spans_, [&](const Span& span) { return span.from <= at && at < span.to; });
}

std::vector<RecordingPauses::Span> RecordingPauses::within(Time from, Time to) const {
  const std::lock_guard lock(mutex_);
  std::vector<Span> out;
  for (const Span& span : spans_)
    if (span.from < to && span.to > from) out.push_back(span);
  return out;
}

RecordingTimeline::RecordingTimeline(Time start, const RecordingPauses& pauses) : start_(start), pauses_(pauses) {
  for (Line& line : lines_)
    line.audio.assign(most_ahead, recording::silence);
}

std::int64_t RecordingTimeline::sample_of(Time at) const {
  return std::chrono::floor<std::chrono::microseconds>(at - start_).count() * recording::rate / 1'000'000;
}

Time RecordingTimeline::time_of(std::int64_t sample) const {
  return start_ + std::chrono::microseconds(sample * 1'000'000 / recording::rate);
}

/// Where the frame's first sample lies.
std::int64_t RecordingTimeline::place(Line& line, const RecordingTap::Frame& frame) const {
  const std::int64_t arrived = std::max<std::int64_t>(sample_of(frame.at), 0);
  const std::int64_t clock = RecordingDecoder::clock_rate(frame.codec);
  const auto later = static_cast<std::int32_t>(frame.timestamp - line.timestamp);
  const std::int64_t by_clock = line.at + later * std::int64_t{recording::rate} / clock;
  const bool same = line.started && line.ssrc == frame.ssrc && line.codec == frame.codec;
  if (same && std::abs(by_clock - arrived) <= tolerance) {
    if (later > 0) {
      line.timestamp = frame.timestamp;
      line.at = by_clock;
    }
    return by_clock;
  }
  line.started = true;
  line.ssrc = frame.ssrc;
  line.timestamp = frame.timestamp;
  line.codec = frame.codec;
  line.at = arrived;
  return arrived;
}

bool RecordingTimeline::add(const RecordingTap::Frame& frame) {
  if (pauses_.covers(frame.at)) return true;
  const std::int64_t arrived = sample_of(frame.at);
  if (arrived + tolerance + RecordingDecoder::most_samples > base_ + most_ahead) return false;
  Line& line = lines_[static_cast<std::size_t>(frame.side)];
  const Bytes coded = line.decoder.decode(frame.codec, frame.payload);
  std::int64_t at = place(line, frame) - base_;
  const std::int64_t skipped = std::clamp<std::int64_t>(-at, 0, static_cast<std::int64_t>(coded.size()));
  at = std::max<std::int64_t>(at, 0);
  const std::int64_t room = std::max<std::int64_t>(most_ahead - at, 0);
  const auto rest = coded.subspan(static_cast<std::size_t>(skipped));
  std::ranges::copy(rest.first(std::min(rest.size(), static_cast<std::size_t>(room))), line.audio.begin() + at);
  return true;
}

bool RecordingTimeline::due(Time now) const {
  return now >= time_of(base_ + chunk_samples) + settle_time;
}

/// Silences what lies in a pause and marks it. Where a chunk has no room for one more, what lies before it is masked
/// too.
void RecordingTimeline::mask(AudioChunk& chunk) const {
  chunk.masks.clear();
  const std::int64_t end = base_ + chunk.samples;
  for (const auto& span : pauses_.within(time_of(base_), time_of(end))) {
    const std::int64_t from = std::clamp(sample_of(span.from), base_, end);
    const std::int64_t to = span.to == Time::max() ? end : std::clamp(sample_of(span.to) + 1, base_, end);
    const auto first = static_cast<std::uint16_t>(from - base_), last = static_cast<std::uint16_t>(to - base_);
    if (!chunk.masks.empty() && (first <= chunk.masks.back().to || chunk.masks.size() == recording::masks_per_chunk))
      chunk.masks.back().to = std::max(chunk.masks.back().to, last);
    else if (first < last)
      chunk.masks.push_back({first, last});
  }
  for (const ChunkMask& one : chunk.masks)
    for (auto& channel : chunk.audio)
      std::fill(channel.begin() + one.from, channel.begin() + one.to, recording::silence);
}

const AudioChunk& RecordingTimeline::take() {
  chunk_.samples = recording::chunk_samples;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto& audio = lines_[i].audio;
    std::copy_n(audio.begin(), chunk_samples, chunk_.audio[i].begin());
    std::ranges::fill(std::ranges::copy(audio.begin() + chunk_samples, audio.end(), audio.begin()).out, audio.end(),
                      recording::silence);
  }
  mask(chunk_);
  base_ += chunk_samples;
  return chunk_;
}

const AudioChunk& RecordingTimeline::take_rest(Time end) {
  const auto samples = static_cast<std::uint16_t>(std::clamp<std::int64_t>(sample_of(end) - base_, 0, chunk_samples));
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    chunk_.audio[i].fill(recording::silence);
    std::copy_n(lines_[i].audio.begin(), samples, chunk_.audio[i].begin());
  }
  chunk_.samples = samples;
  mask(chunk_);
  return chunk_;
}

}  // namespace ringwall::media
