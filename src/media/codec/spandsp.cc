#include "media/codec/spandsp.h"

#include <spandsp.h>

#include <array>

#include "base/check.h"

namespace ringwall::media {
namespace {

constexpr int bits_per_second = 64'000;

template <class T>
T* made(T* state) {
  CHECK(state != nullptr);  // out of memory
  return state;
}

}  // namespace

G722Encoder::G722Encoder()
    : state_(made(g722_encode_init(nullptr, bits_per_second, 0)),
             [](g722_encode_state_s* state) { g722_encode_free(state); }) {}

void G722Encoder::encode(std::span<const std::int16_t> in, std::span<std::uint8_t> out) {
  CHECK(out.size() * 2 == in.size());
  g722_encode(state_.get(), out.data(), in.data(), static_cast<int>(in.size()));
}

G722Decoder::G722Decoder()
    : state_(made(g722_decode_init(nullptr, bits_per_second, 0)),
             [](g722_decode_state_s* state) { g722_decode_free(state); }) {}

void G722Decoder::decode(std::span<const std::uint8_t> in, std::span<std::int16_t> out) {
  CHECK(out.size() == in.size() * 2);
  g722_decode(state_.get(), out.data(), in.data(), static_cast<int>(in.size()));
}

ToneDigitDetector::ToneDigitDetector()
    : state_(made(dtmf_rx_init(nullptr, nullptr, nullptr)), [](dtmf_rx_state_s* state) { dtmf_rx_free(state); }) {}

std::optional<char> ToneDigitDetector::receive(std::span<const std::int16_t> samples) {
  dtmf_rx(state_.get(), samples.data(), static_cast<int>(samples.size()));
  std::array<char, 2> digit{};  // with the zero that is written behind it
  if (dtmf_rx_get(state_.get(), digit.data(), 1) != 1) return std::nullopt;
  return digit[0];
}

}  // namespace ringwall::media
