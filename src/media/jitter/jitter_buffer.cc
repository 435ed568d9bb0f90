#include "media/jitter/jitter_buffer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ringwall::media {
namespace {

/// A step further than this is another stream, not loss or delay.
constexpr int largest_jump = 1'000;
constexpr double largest_lateness_ms = 3'000;
/// A packet that is missing may still come while playing is this much before its target.
constexpr double patience_ms = 10;
/// The position moves by multiples of 2.5 ms, which every codec can make up.
constexpr std::uint32_t steps_per_second = 400;

}  // namespace

JitterBuffer::JitterBuffer(std::uint32_t clock_rate, std::size_t most_payload_bytes)
    : clock_rate_(clock_rate),
      slot_bytes_(most_payload_bytes),
      storage_(std::make_unique<std::uint8_t[]>(slot_bytes_ * limits::jitter_packets)),
      delay_(clock_rate) {}

bool JitterBuffer::holds(std::uint16_t sequence) const {
  const Slot& here = slots_[sequence % limits::jitter_packets];
  return here.used && here.sequence == sequence;
}

Bytes JitterBuffer::bytes(std::uint16_t sequence) const {
  const std::size_t at = sequence % limits::jitter_packets;
  return Bytes(storage_.get() + at * slot_bytes_, slots_[at].size);
}

void JitterBuffer::release(std::uint16_t sequence) {
  slots_[sequence % limits::jitter_packets].used = false;
  --held_;
}

void JitterBuffer::restart(const RtpHeader& header) {
  counts_.discarded += held_;
  slots_ = {};
  held_ = 0;
  known_ = true;
  playing_ = false;
  ssrc_ = header.ssrc;
  next_ = header.sequence;
  position_ = header.timestamp;
  delay_.restart();
}

/// Whether the packet cannot belong to what is being played.
bool JitterBuffer::strange(const RtpHeader& header, Content content, Time now) const {
  if (!known_ || header.ssrc != ssrc_) return true;
  const int distance = static_cast<std::int16_t>(static_cast<std::uint16_t>(header.sequence - next_));
  if (distance >= static_cast<int>(limits::jitter_packets) || distance < -largest_jump) return true;
  return content != Content::other && std::abs(delay_.lateness_ms(header.timestamp, now)) > largest_lateness_ms;
}

void JitterBuffer::put(const RtpHeader& header, Content content, Bytes payload, Time now) {
  if (payload.size() > slot_bytes_) {
    ++counts_.discarded;
    return;
  }
  if (strange(header, content, now)) {
    if (content == Content::other) return;  // no audio yet: nothing is played, so nothing has to be in order
    restart(header);
  }
  if (holds(header.sequence)) {
    ++counts_.duplicate;
    return;
  }
  if (content != Content::other) delay_.receive(header.timestamp, now);
  if (sequence_before(header.sequence, next_)) {
    if (playing_ || next_ - header.sequence >= static_cast<int>(limits::jitter_packets / 2)) {
      ++counts_.late;
      return;
    }
    next_ = header.sequence;  // the stream's first packets came out of order
    position_ = header.timestamp;
  }
  const std::size_t at = header.sequence % limits::jitter_packets;
  held_ += slots_[at].used ? 0 : 1;
  slots_[at] = {.used = true,
                .sequence = header.sequence,
                .timestamp = header.timestamp,
                .size = static_cast<std::uint16_t>(payload.size()),
                .content = content};
  std::ranges::copy(payload, storage_.get() + at * slot_bytes_);
}

JitterBuffer::Taken JitterBuffer::take(Time now, std::uint32_t frame) {
  if (held_ == 0) return {};
  if (!playing_) {
    if (delay_.lateness_ms(position_, now) < delay_.target_ms()) return {};
    playing_ = true;
  }
  while (held_ > 0) {
    if (!holds(next_)) {
      if (auto missing = step_over_missing(now, frame)) return *missing;
    } else if (slots_[next_ % limits::jitter_packets].content == Content::other) {
      release(next_++);
    } else if (auto packet = take_packet(now, frame)) {
      return *packet;
    }
  }
  return {};
}

std::uint32_t JitterBuffer::leap(std::uint32_t gap, Time now) const {
  const double excess = delay_.lateness_ms(position_, now) - delay_.target_ms();
  if (excess <= 0) return 0;
  const std::uint32_t step = clock_rate_ / steps_per_second;
  const auto wanted = static_cast<std::uint32_t>(std::min(excess, 10 * largest_lateness_ms) * clock_rate_ / 1000);
  return wanted >= gap ? gap : wanted / step * step;
}

/// The packet that is due, or a part of the pause before it; nothing if its time is over.
std::optional<JitterBuffer::Taken> JitterBuffer::take_packet(Time now, std::uint32_t frame) {
  const Slot& due = slots_[next_ % limits::jitter_packets];
  const auto early = static_cast<std::int32_t>(due.timestamp - position_);
  if (early <= -static_cast<std::int32_t>(frame / 2)) {  // what it held was made up already
    ++counts_.late;
    release(next_++);
    return std::nullopt;
  }
  if (early > 0) {
    position_ += leap(static_cast<std::uint32_t>(early), now);
    const std::uint32_t pause = std::min(due.timestamp - position_, frame);
    position_ += pause;
    if (pause > 0) return Taken{.kind = Taken::Kind::pause, .clock = pause};
  }
  position_ = due.timestamp;
  Taken out{.kind = due.content == Content::audio ? Taken::Kind::audio : Taken::Kind::comfort_noise,
            .payload = bytes(next_),
            .late_ms = delay_.lateness_ms(position_, now) - delay_.target_ms()};
  release(next_++);
  return out;
}

/// The packet that is due is not here, a later one is. Nothing if there is no time to be filled.
std::optional<JitterBuffer::Taken> JitterBuffer::step_over_missing(Time now, std::uint32_t frame) {
  std::uint16_t later = next_;
  while (!holds(later))
    ++later;  // ends: something is held, and all that is held lies before next_ + jitter_packets
  const Slot& found = slots_[later % limits::jitter_packets];
  const std::uint64_t missing = static_cast<std::uint16_t>(later - next_);
  const auto gap = static_cast<std::int32_t>(found.timestamp - position_);
  if (found.content == Content::other || gap <= 0) {
    counts_.lost += missing;
    next_ = later;
    return std::nullopt;
  }
  if (delay_.lateness_ms(position_, now) < delay_.target_ms() - patience_ms) return Taken{};
  position_ += leap(static_cast<std::uint32_t>(gap), now);
  const std::uint32_t left = found.timestamp - position_, part = std::min(left, frame);
  position_ += part;
  Taken out{.kind = Taken::Kind::lost, .clock = part};
  if (part == left) {
    if (found.content == Content::audio) out.payload = bytes(later);
    counts_.lost += missing;
    next_ = later;
  }
  if (part == 0) return std::nullopt;
  return out;
}

}  // namespace ringwall::media
