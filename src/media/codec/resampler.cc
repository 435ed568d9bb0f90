#include "media/codec/resampler.h"

#include <speex/speex_resampler.h>

#include <algorithm>

#include "base/check.h"

namespace ringwall::media {
namespace {

constexpr int quality = 3;  // of 0 to 10: speexdsp's own choice for speech

SpeexResamplerState* make(std::uint32_t from, std::uint32_t to) {
  int error = RESAMPLER_ERR_SUCCESS;
  SpeexResamplerState* const state = speex_resampler_init(1, from, to, quality, &error);
  CHECK(error == RESAMPLER_ERR_SUCCESS);
  return state;
}

}  // namespace

Resampler::Resampler(std::uint32_t from, std::uint32_t to)
    : from_(from), to_(to), state_(make(from, to), speex_resampler_destroy) {}

void Resampler::resample(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  CHECK(out.size() * from_ == in.size() * to_);
  auto taken = static_cast<spx_uint32_t>(in.size()), made = static_cast<spx_uint32_t>(out.size());
  CHECK(speex_resampler_process_int(state_.get(), 0, in.data(), &taken, out.data(), &made) == RESAMPLER_ERR_SUCCESS);
  std::ranges::fill(out.subspan(made), std::int16_t{0});
}

}  // namespace ringwall::media
