#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "media/codec/frame_encoder.h"
#include "media/codec/resampler.h"
#include "media/codec/spandsp.h"
#include "media/jitter/playout.h"

namespace ringwall::media {

/// Digits in the audio of one stream, whatever its sample rate.
class InbandDigits {
 public:
  explicit InbandDigits(std::uint32_t rate);
  std::optional<char> receive(std::span<const std::int16_t> frame);

 private:
  std::optional<Resampler> narrower_;
  ToneDigitDetector detector_;
};

/// What a leg has only if it must know samples: an encoder, because its codec has no table or its partner speaks
/// another one; a playout, because the partner or the search for digits wants to hear what is received. A leg that
/// passes packets on has none of it. Made when the leg is configured or relayed, not on the packet path.
struct LegAudio {
  std::unique_ptr<FrameEncoder> encoder;
  std::unique_ptr<Playout> playout;
  std::unique_ptr<InbandDigits> digits;
  bool converts = false;           ///< what the partner receives is decoded and encoded anew for our peer
  Time event_until{};              ///< a telephone event is passed on: no audio beside it
  std::uint32_t event_source = 0;  ///< the timestamp it has there
  int silent_ticks = 0;            ///< since audio was last sent, while comfort noise stands in for it
};

}  // namespace ringwall::media
