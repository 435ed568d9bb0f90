#include "media/record/recorder.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "media/codec/decoder.h"
#include "media/codec/g711.h"
#include "media/codec/resampler.h"

namespace ringwall::media {
namespace {

constexpr std::uint32_t rate = 8'000;
constexpr std::size_t most_samples = limits::recording_seconds * rate;
/// A timestamp further away than this (10 s) is a new start of the clock, not a pause.
constexpr std::int64_t largest_gap = 80'000;

}  // namespace

/// What it takes to decode anything but G.711, and to bring it to 8 kHz.
struct Recorder::Wide {
  explicit Wide(Codec codec) : decoder(codec), resampler(facts(codec).sample_rate, rate) {}
  Decoder decoder;
  Resampler resampler;
  std::array<std::int16_t, longest_packet_samples> wide, narrow;
};

Recorder::Recorder() = default;
Recorder::~Recorder() = default;

std::span<const std::int16_t> Recorder::decode_wide(Codec codec, std::span<const std::uint8_t> payload) {
  if (!wide_ || wide_->decoder.codec() != codec) wide_ = std::make_unique<Wide>(codec);
  const std::uint32_t step = facts(codec).sample_rate / rate;
  const std::size_t count = wide_->decoder.decode(payload, wide_->wide) / step;
  const auto narrow = std::span(wide_->narrow).first(count);
  wide_->resampler.resample(std::span(wide_->wide).first(count * step), narrow);
  return narrow;
}

void Recorder::add(std::uint32_t ssrc, std::uint32_t timestamp, Codec codec, std::span<const std::uint8_t> payload) {
  const auto end = static_cast<std::int64_t>(samples_.size());
  const auto step = static_cast<std::int32_t>(facts(codec).clock_rate / rate);
  std::int64_t at = static_cast<std::int32_t>(timestamp - origin_) / step;
  if (!started_ || ssrc != ssrc_ || codec != codec_ || at > end + largest_gap || at < end - largest_gap) {
    started_ = true;
    ssrc_ = ssrc;
    codec_ = codec;
    at = end;
    origin_ = timestamp - static_cast<std::uint32_t>(end * step);
  }
  if (at < 0 || static_cast<std::size_t>(at) >= most_samples) return;
  const std::span<const std::int16_t> wide =
      is_g711(codec) ? std::span<const std::int16_t>() : decode_wide(codec, payload);
  const auto first = static_cast<std::size_t>(at);
  const std::size_t count = std::min(is_g711(codec) ? payload.size() : wide.size(), most_samples - first);
  if (samples_.size() < first + count) samples_.resize(first + count);
  const auto place = std::span(samples_).subspan(first, count);
  if (is_g711(codec))
    decode(codec, payload.first(count), place);
  else
    std::ranges::copy(wide.first(count), place.begin());
}

}  // namespace ringwall::media
