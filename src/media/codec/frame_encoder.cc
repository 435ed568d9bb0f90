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

Bytes silent_frame(Codec codec) {
  static const std::array<Buffer, codec_count> frames = [] {
    std::array<Buffer, codec_count> out;
    for (std::size_t i = 0; i < codec_count; ++i) {
      FrameEncoder encoder(static_cast<Codec>(i), {});
      const std::array<std::int16_t, narrow_rate / 1000 * frame_ms> silence{};
      for (int k = 0; k < 3; ++k) {  // the first of a stream says how it begins
        const Bytes payload = encoder.encode(silence, narrow_rate);
        out[i].assign(payload.begin(), payload.end());
      }
    }
    return out;
  }();
  return frames[static_cast<std::size_t>(codec)];
}

}  // namespace ringwall::media
