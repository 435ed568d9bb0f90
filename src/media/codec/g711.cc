#include "media/codec/g711.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"

namespace ringwall::media {
namespace {

std::uint8_t to_mu_law(std::int16_t linear) {
  constexpr int bias = 132, clip = 32'635;
  const unsigned sign = linear < 0 ? 0x80 : 0;
  const auto magnitude = static_cast<unsigned>(std::min(std::abs(int{linear}), clip) + bias);
  const auto segment = static_cast<unsigned>(std::bit_width(magnitude)) - 8;
  return static_cast<std::uint8_t>(~(sign | segment << 4 | (magnitude >> (segment + 3) & 0x0f)));
}

std::int16_t from_mu_law(std::uint8_t coded) {
  const unsigned value = ~unsigned{coded} & 0xff;
  const int magnitude = static_cast<int>((((value & 0x0f) << 3) + 132) << (value >> 4 & 7)) - 132;
  return static_cast<std::int16_t>((value & 0x80) != 0 ? -magnitude : magnitude);
}

std::uint8_t to_a_law(std::int16_t linear) {
  const unsigned sign = linear >= 0 ? 0x80 : 0;
  const int scaled = linear >> 3;
  const auto magnitude = static_cast<unsigned>(scaled >= 0 ? scaled : ~scaled);  // 12 bits
  const unsigned segment = magnitude < 32 ? 0 : static_cast<unsigned>(std::bit_width(magnitude)) - 5;
  return static_cast<std::uint8_t>((sign | segment << 4 | (magnitude >> std::max(segment, 1u) & 0x0f)) ^ 0x55);
}

std::int16_t from_a_law(std::uint8_t coded) {
  const unsigned value = coded ^ 0x55u;
  const unsigned segment = value >> 4 & 7, step = 2 * (value & 0x0f);
  const auto magnitude = static_cast<int>((segment == 0 ? step + 1 : (step + 33) << (segment - 1)) << 3);
  return static_cast<std::int16_t>((value & 0x80) != 0 ? magnitude : -magnitude);
}

struct Tables {
  std::array<std::uint8_t, 65'536> encode;
  std::array<std::int16_t, 256> decode;
  std::array<std::uint8_t, 256> to_other;
};

Tables build(Codec codec) {
  const bool mu = codec == Codec::pcmu;
  Tables tables;
  for (int i = 0; i < 65'536; ++i) {
    const auto linear = static_cast<std::int16_t>(static_cast<std::uint16_t>(i));
    tables.encode[static_cast<std::size_t>(i)] = mu ? to_mu_law(linear) : to_a_law(linear);
  }
  for (std::size_t i = 0; i < 256; ++i) {
    const auto coded = static_cast<std::uint8_t>(i);
    tables.decode[i] = mu ? from_mu_law(coded) : from_a_law(coded);
    tables.to_other[i] = mu ? to_a_law(tables.decode[i]) : to_mu_law(tables.decode[i]);
  }
  return tables;
}

const Tables& tables(Codec codec) {
  static const Tables mu = build(Codec::pcmu);
  static const Tables a = build(Codec::pcma);
  return codec == Codec::pcmu ? mu : a;
}

}  // namespace

std::uint8_t encode_sample(Codec codec, std::int16_t linear) {
  return tables(codec).encode[static_cast<std::uint16_t>(linear)];
}

std::int16_t decode_sample(Codec codec, std::uint8_t coded) {
  return tables(codec).decode[coded];
}

void encode(Codec codec, std::span<const std::int16_t> in, std::span<std::uint8_t> out) {
  CHECK(out.size() == in.size());
  const Tables& table = tables(codec);
  std::ranges::transform(in, out.begin(), [&](std::int16_t s) { return table.encode[static_cast<std::uint16_t>(s)]; });
}

void decode(Codec codec, std::span<const std::uint8_t> in, std::span<std::int16_t> out) {
  CHECK(out.size() == in.size());
  const Tables& table = tables(codec);
  std::ranges::transform(in, out.begin(), [&](std::uint8_t c) { return table.decode[c]; });
}

void transcode(Codec from, Codec to, std::span<std::uint8_t> data) {
  if (from == to) return;
  const Tables& table = tables(from);
  for (std::uint8_t& byte : data)
    byte = table.to_other[byte];
}

}  // namespace ringwall::media
