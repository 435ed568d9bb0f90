#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "media/types.h"

namespace ringwall::media {

/// Received audio laid out by its RTP timestamps: what was lost is silence, what came late goes to its place. At most
/// limits::recording_seconds are kept, at 8 kHz whatever the codec; what comes after is dropped.
class Recorder {
 public:
  Recorder();
  ~Recorder();
  Recorder(const Recorder&) = delete;
  void add(std::uint32_t ssrc, std::uint32_t timestamp, Codec codec, std::span<const std::uint8_t> payload);
  [[nodiscard]] Pcm take() { return std::make_shared<const std::vector<std::int16_t>>(std::move(samples_)); }

 private:
  struct Wide;
  std::span<const std::int16_t> decode_wide(Codec codec, std::span<const std::uint8_t> payload);

  std::vector<std::int16_t> samples_;
  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  Codec codec_ = Codec::pcmu;
  std::uint32_t origin_ = 0;  // the timestamp of samples_[0]
  std::unique_ptr<Wide> wide_;
};

}  // namespace ringwall::media
