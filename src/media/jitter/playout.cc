#include "media/jitter/playout.h"

#include <algorithm>

#include "media/jitter/time_scale.h"

namespace ringwall::media {
namespace {

/// The pace changes when playing is this far from its target: at once if far, else not more often than each 100 ms.
constexpr double too_late_ms = 15, too_early_ms = -5, far_ms = 60;
constexpr int steady_frames = 5;

/// The largest payload that is taken: 60 ms of a codec with a fixed rate, or any Opus frame (RFC 6716 section 3.4).
std::size_t most_payload(Codec codec) {
  if (codec == Codec::opus) return 1'276;
  return codec == Codec::l16 ? 1'280 : 3 * facts(codec).most_payload_bytes;
}

}  // namespace

Playout::Playout(Codec codec)
    : rate_(facts(codec).sample_rate),
      frame_(facts(codec).frame_samples()),
      buffer_(facts(codec).clock_rate, most_payload(codec)),
      decoder_(codec) {}

std::span<const std::int16_t> Playout::get(Time now) {
  while (filled_ < frame_)
    add(now);
  const auto out = std::span(out_).first(frame_);
  std::copy_n(pcm_.begin(), frame_, out.begin());
  filled_ -= frame_;
  std::copy_n(pcm_.begin() + static_cast<std::ptrdiff_t>(frame_), filled_, pcm_.begin());
  return out;
}

/// Adds samples behind those that wait; the description of comfort noise adds none.
void Playout::add(Time now) {
  using Kind = JitterBuffer::Taken::Kind;
  const CodecFacts& codec = facts(decoder_.codec());
  const JitterBuffer::Taken taken = buffer_.take(now, codec.frame_clock());
  dry_frames_ = taken.kind != Kind::nothing || noise_ ? 0 : dry_frames_ + 1;
  if (taken.kind == Kind::comfort_noise) {
    if (const auto noise = parse_comfort_noise(taken.payload)) generator_.set(*noise);
    noise_ = true;
    return;
  }
  if (taken.kind == Kind::audio) {
    filled_ += add_audio(taken);
    return;
  }
  const std::size_t samples =
      taken.kind == Kind::nothing ? frame_ : taken.clock * (rate_ / 1000) / (codec.clock_rate / 1000);
  const auto room = std::span(pcm_).subspan(filled_, samples);
  if (taken.kind == Kind::lost) noise_ = false;
  if (noise_)
    generator_.fill(room);
  else
    make_up(taken.payload, room);
  filled_ += samples;
}

void Playout::make_up(Bytes next, std::span<std::int16_t> out) {
  decoder_.conceal(next, out);
  concealed_samples_ += out.size();
}

std::size_t Playout::add_audio(const JitterBuffer::Taken& taken) {
  const CodecFacts& codec = facts(decoder_.codec());
  noise_ = false;
  const auto room = std::span(pcm_).subspan(filled_, longest_packet_samples);
  std::size_t samples = decoder_.decode(taken.payload, room);
  if (samples == 0) {  // nothing that this codec could have made: as good as lost
    samples = frame_;
    make_up({}, room.first(samples));
  }
  buffer_.advance(static_cast<std::uint32_t>(samples * (codec.clock_rate / 1000) / (rate_ / 1000)));
  return keep_pace(samples, taken.late_ms);
}

/// Shortens or lengthens the newest samples; gives how many of the added ones there are now.
std::size_t Playout::keep_pace(std::size_t added, double late_ms) {
  ++steady_frames_;
  const bool hurry = late_ms > too_late_ms, tarry = late_ms < too_early_ms;
  const std::size_t all = filled_ + added;
  if ((!hurry && !tarry) || all < frame_ || (steady_frames_ < steady_frames && late_ms < far_ms)) return added;
  steady_frames_ = 0;
  const std::size_t begin = all - std::max(added, frame_);
  const auto newest = std::span(pcm_).subspan(begin);
  if (hurry) return added - shorten(newest.first(all - begin), rate_);
  return added + lengthen(newest, all - begin, rate_);
}

}  // namespace ringwall::media
