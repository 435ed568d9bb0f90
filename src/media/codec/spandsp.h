#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct g722_encode_state_s;
struct g722_decode_state_s;
struct dtmf_rx_state_s;

/// What libspandsp does for us; its own header is read in spandsp.cc only. Each object allocates when it is made, and
/// never again.
namespace ringwall::media {

template <class T>
using SpandspHandle = std::unique_ptr<T, void (*)(T*)>;

/// ITU-T G.722 at 64 kbit/s, 16 kHz samples.
class G722Encoder {
 public:
  G722Encoder();
  /// Two samples a byte: `out` has half the size of `in`.
  void encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out);

 private:
  SpandspHandle<g722_encode_state_s> state_;
};

class G722Decoder {
 public:
  G722Decoder();
  /// `out` has twice the size of `in`.
  void decode(std::span<const std::uint8_t> in, std::span<std::int16_t> out);

 private:
  SpandspHandle<g722_decode_state_s> state_;
};

/// DTMF in the audio (ITU-T Q.23, Q.24), 8 kHz samples.
class ToneDigitDetector {
 public:
  ToneDigitDetector();
  /// The digit that these samples made certain, if they did: once for each press. At most 20 ms at a time.
  std::optional<char> receive(std::span<const std::int16_t> samples);

 private:
  SpandspHandle<dtmf_rx_state_s> state_;
};

}  // namespace ringwall::media
