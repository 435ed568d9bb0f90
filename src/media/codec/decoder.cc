#include "media/codec/decoder.h"

#include <algorithm>

#include "media/codec/g711.h"

namespace ringwall::media {

Decoder::Decoder(Codec codec) : codec_(codec), concealer_(facts(codec).sample_rate) {
  if (codec == Codec::g722) state_.emplace<G722Decoder>();
  if (codec == Codec::opus) state_.emplace<OpusVoiceDecoder>();
}

std::size_t Decoder::decode_plain(Bytes payload, std::span<std::int16_t> out) {
  if (codec_ == Codec::g722) {
    const std::size_t bytes = std::min(payload.size(), out.size() / 2);
    std::get<G722Decoder>(state_).decode(payload.first(bytes), out.first(bytes * 2));
    return bytes * 2;
  }
  if (codec_ == Codec::l16) {
    if (payload.size() % 2 != 0) return 0;
    const std::size_t samples = std::min(payload.size() / 2, out.size());
    for (std::size_t i = 0; i < samples; ++i)
      out[i] = static_cast<std::int16_t>(payload[2 * i] << 8 | payload[2 * i + 1]);
    return samples;
  }
  const std::size_t samples = std::min(payload.size(), out.size());
  media::decode(codec_, payload.first(samples), out.first(samples));
  return samples;
}

std::size_t Decoder::decode(Bytes payload, std::span<std::int16_t> out) {
  if (codec_ == Codec::opus) return std::get<OpusVoiceDecoder>(state_).decode(payload, out);
  const std::size_t samples = decode_plain(payload, out);
  concealer_.received(out.first(samples));
  return samples;
}

void Decoder::conceal(Bytes next, std::span<std::int16_t> out) {
  if (codec_ == Codec::opus)
    std::get<OpusVoiceDecoder>(state_).conceal(next, out);
  else
    concealer_.conceal(out);
}

}  // namespace ringwall::media
