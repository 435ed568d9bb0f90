#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "media/codec/comfort_noise.h"
#include "media/codec/decoder.h"
#include "media/jitter/jitter_buffer.h"

namespace ringwall::media {

/// A received stream as even frames of 20 ms: jitter buffer, decoder, what hides losses, comfort noise, and the
/// hurrying or tarrying that keeps pace with the sender's clock. Sans I/O; allocates when it is made, and never again.
class Playout {
 public:
  explicit Playout(Codec codec);

  void put(const RtpHeader& header, JitterBuffer::Content content, Bytes payload, Time now) {
    buffer_.put(header, content, payload, now);
  }
  /// The next frame, at facts(codec).sample_rate, valid until the next call. To be called every 20 ms.
  std::span<const std::int16_t> get(Time now);

  [[nodiscard]] Codec codec() const { return decoder_.codec(); }
  /// The last frame was comfort noise by the sender's wish.
  [[nodiscard]] bool noise() const { return noise_; }
  /// Nothing has come for so long that what was made up has faded.
  [[nodiscard]] bool dry() const { return dry_frames_ > frames_until_dry; }
  [[nodiscard]] const JitterBuffer& buffer() const { return buffer_; }
  [[nodiscard]] std::uint64_t concealed_ms() const { return concealed_samples_ / (rate_ / 1000); }

 private:
  static constexpr int frames_until_dry = 10;

  void add(Time now);
  std::size_t add_audio(const JitterBuffer::Taken& taken);
  void make_up(Bytes next, std::span<std::int16_t> out);
  std::size_t keep_pace(std::size_t added, double late_ms);

  std::uint32_t rate_;
  std::size_t frame_;
  JitterBuffer buffer_;
  Decoder decoder_;
  ComfortNoiseGenerator generator_;
  bool noise_ = false;
  int dry_frames_ = frames_until_dry + 1;
  int steady_frames_ = 0;  // since the pace was last changed
  std::uint64_t concealed_samples_ = 0;
  std::size_t filled_ = 0;  // of pcm_
  std::array<std::int16_t, longest_packet_samples + 2 * widest_frame> pcm_;
  std::array<std::int16_t, widest_frame> out_;
};

}  // namespace ringwall::media
