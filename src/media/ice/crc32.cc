#include "media/ice/crc32.h"

#include <array>

namespace ringwall::media::stun {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ 0xedb8'8320 : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr auto table = make_table();

}  // namespace

std::uint32_t crc32(Bytes bytes) {
  std::uint32_t value = 0xffff'ffff;
  for (const std::uint8_t byte : bytes)
    value = value >> 8 ^ table[(value ^ byte) & 0xff];
  return ~value;
}

}  // namespace ringwall::media::stun
