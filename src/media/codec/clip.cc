// Prompts, encoded once for each codec.
#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "media/codec/codec.h"
#include "media/codec/frame_encoder.h"
#include "media/types.h"

namespace ringwall::media {
namespace {

constexpr std::uint32_t clip_rate = 8'000;
constexpr std::size_t clip_frame = clip_rate / 1000 * frame_ms;

EncodedFrames encode_all(std::span<const std::int16_t> samples, Codec codec) {
  EncodedFrames out;
  FrameEncoder encoder(codec, {});
  const std::size_t count = (samples.size() + clip_frame - 1) / clip_frame;
  out.ends.reserve(count);
  std::array<std::int16_t, clip_frame> frame;
  for (; !samples.empty(); samples = samples.subspan(std::min(samples.size(), clip_frame))) {
    const auto rest = std::ranges::copy(samples.first(std::min(samples.size(), clip_frame)), frame.begin()).out;
    std::fill(rest, frame.end(), std::int16_t{0});
    const Bytes coded = encoder.encode(frame, clip_rate);
    out.bytes.insert(out.bytes.end(), coded.begin(), coded.end());
    out.ends.push_back(static_cast<std::uint32_t>(out.bytes.size()));
  }
  out.bytes.shrink_to_fit();
  return out;
}

}  // namespace

struct Clip::Shared {
  explicit Shared(Pcm pcm) : samples(std::move(pcm)) {}
  Pcm samples;
  std::mutex encoding;  // who encodes; who plays never takes it
  std::array<std::unique_ptr<const EncodedFrames>, codec_count> owned;
  std::array<std::atomic<const EncodedFrames*>, codec_count> ready{};
};

Clip::Clip(Pcm samples) : shared_(samples ? std::make_shared<Shared>(std::move(samples)) : nullptr) {}

const Pcm& Clip::samples() const {
  static const Pcm none;
  return shared_ ? shared_->samples : none;
}

void Clip::encode(Codec codec) const {
  if (empty()) return;
  const auto at = static_cast<std::size_t>(codec);
  const std::lock_guard lock(shared_->encoding);
  if (shared_->owned[at]) return;
  shared_->owned[at] = std::make_unique<const EncodedFrames>(encode_all(*shared_->samples, codec));
  shared_->ready[at].store(shared_->owned[at].get(), std::memory_order_release);
}

const EncodedFrames* Clip::frames(Codec codec) const {
  return shared_ ? shared_->ready[static_cast<std::size_t>(codec)].load(std::memory_order_acquire) : nullptr;
}

}  // namespace ringwall::media
