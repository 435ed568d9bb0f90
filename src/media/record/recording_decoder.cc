#include "media/record/recording_decoder.h"

#include <algorithm>

#include "media/codec/g711.h"

namespace ringwall::media {

Bytes RecordingDecoder::decode(Codec codec, Bytes payload) {
  if (payload.size() > static_cast<std::size_t>(most_samples)) return {};
  if (codec == Codec::pcmu) return payload;
  if (codec != Codec::pcma) return decode_wide(codec, payload);
  coded_.assign(payload.begin(), payload.end());
  transcode(codec, Codec::pcmu, coded_);
  return coded_;
}

Bytes RecordingDecoder::decode_wide(Codec codec, Bytes payload) {
  if (!wide_ || wide_->decoder.codec() != codec) wide_ = std::make_unique<Wide>(codec);
  const std::size_t ratio = facts(codec).sample_rate / 8'000;
  const std::size_t decoded = wide_->decoder.decode(payload, wide_->wide) / ratio * ratio;
  const auto narrow = std::span(wide_->narrow).first(decoded / ratio);
  wide_->resampler.resample(std::span(wide_->wide).first(decoded), narrow);
  coded_.resize(narrow.size());
  encode(Codec::pcmu, narrow, coded_);
  return coded_;
}

}  // namespace ringwall::media
