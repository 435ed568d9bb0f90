#include "media/codec/encoder.h"

#include "base/check.h"
#include "media/codec/g711.h"

namespace ringwall::media {

Encoder::Encoder(Codec codec, const OpusOptions& opus) : codec_(codec) {
  if (codec == Codec::g722) state_.emplace<G722Encoder>();
  if (codec == Codec::opus) state_.emplace<OpusVoiceEncoder>(opus);
}

std::size_t Encoder::encode(std::span<const std::int16_t> frame, MutableBytes out) {
  CHECK(frame.size() == facts(codec_).frame_samples() && out.size() >= facts(codec_).most_payload_bytes);
  switch (codec_) {
    case Codec::pcmu:
    case Codec::pcma:
      media::encode(codec_, frame, out.first(frame.size()));
      return frame.size();
    case Codec::g722:
      std::get<G722Encoder>(state_).encode(frame, out.first(frame.size() / 2));
      return frame.size() / 2;
    case Codec::opus:
      return std::get<OpusVoiceEncoder>(state_).encode(frame, out.first(facts(codec_).most_payload_bytes));
    case Codec::l16:
      for (std::size_t i = 0; i < frame.size(); ++i) {
        out[2 * i] = static_cast<std::uint8_t>(frame[i] >> 8);
        out[2 * i + 1] = static_cast<std::uint8_t>(frame[i]);
      }
      return 2 * frame.size();
  }
  return 0;
}

}  // namespace ringwall::media
