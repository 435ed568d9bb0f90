#include "media/codec/frame_encoder.h"

#include "base/check.h"

namespace ringwall::media {
namespace {

constexpr std::uint32_t narrow_rate = 8'000;

std::uint32_t other_rate(std::uint32_t rate) {
  return rate == narrow_rate ? widest_rate : narrow_rate;
}

}  // namespace

FrameEncoder::FrameEncoder(Codec codec, const OpusOptions& opus)
    : encoder_(codec, opus), resampler_(other_rate(facts(codec).sample_rate), facts(codec).sample_rate) {}

Bytes FrameEncoder::encode(std::span<const std::int16_t> frame, std::uint32_t rate) {
  const CodecFacts& own = facts(codec());
  CHECK(frame.size() == rate / 1000 * frame_ms);
  if (rate != own.sample_rate) {
    CHECK(rate == resampler_.from());
    const auto resampled = std::span(resampled_).first(own.frame_samples());
    resampler_.resample(frame, resampled);
    frame = resampled;
  }
  return Bytes(coded_).first(encoder_.encode(frame, coded_));
}

}  // namespace ringwall::media
