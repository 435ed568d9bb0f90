#pragma once

#include <span>
#include <variant>

#include "base/bytes.h"
#include "media/codec/codec.h"
#include "media/codec/opus.h"
#include "media/codec/spandsp.h"

namespace ringwall::media {

/// One stream's encoder. Made when a leg learns its codec; encode() allocates nothing.
class Encoder {
 public:
  Encoder(Codec codec, const OpusOptions& opus);

  /// `frame` is 20 ms at facts(codec).sample_rate; `out` has room for most_payload_bytes. Gives the size of the
  /// payload; 0 if nothing need be sent.
  std::size_t encode(std::span<const std::int16_t> frame, MutableBytes out);
  [[nodiscard]] Codec codec() const { return codec_; }

 private:
  Codec codec_;
  std::variant<std::monostate, G722Encoder, OpusVoiceEncoder> state_;
};

}  // namespace ringwall::media
