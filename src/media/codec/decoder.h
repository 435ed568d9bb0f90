#pragma once

#include <span>
#include <variant>

#include "base/bytes.h"
#include "media/codec/codec.h"
#include "media/codec/loss_concealer.h"
#include "media/codec/opus.h"
#include "media/codec/spandsp.h"

namespace ringwall::media {

/// One stream's decoder, with what hides its losses. Made when a leg learns its codec; nothing here allocates later.
class Decoder {
 public:
  explicit Decoder(Codec codec);

  /// The samples of a payload at facts(codec).sample_rate: as many as it holds and `out` has room for. 0 for a payload
  /// that this codec cannot have made.
  std::size_t decode(Bytes payload, std::span<std::int16_t> out);
  /// Stands in for a lost frame of out.size() samples (20 ms or less). `next`, if not empty, is the payload behind it.
  void conceal(Bytes next, std::span<std::int16_t> out);
  [[nodiscard]] Codec codec() const { return codec_; }

 private:
  std::size_t decode_plain(Bytes payload, std::span<std::int16_t> out);

  Codec codec_;
  std::variant<std::monostate, G722Decoder, OpusVoiceDecoder> state_;
  LossConcealer concealer_;  // not for Opus, which has its own
};

}  // namespace ringwall::media
