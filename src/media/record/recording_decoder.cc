#include "media/record/recording_decoder.h"

#include <algorithm>

#include "media/codec/g711.h"

namespace ringwall::media {

std::int64_t RecordingDecoder::clock_rate(Codec) {
  return 8'000;
}

Bytes RecordingDecoder::decode(Codec codec, std::span<const std::uint8_t> payload) {
  if (codec == Codec::pcmu) return payload;
  if (codec != Codec::pcma) return {};
  coded_.assign(payload.begin(), payload.end());
  transcode(codec, Codec::pcmu, coded_);
  return coded_;
}

}  // namespace ringwall::media
