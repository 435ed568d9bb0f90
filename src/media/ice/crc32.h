#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ringwall::media::stun {

/// What FINGERPRINT is XORed with (RFC 8489 section 14.7).
inline constexpr std::uint32_t fingerprint_xor = 0x5354'554e;

/// The CRC-32 of ITU-T V.42, as FINGERPRINT has it. It tells STUN from other bytes; it proves nothing.
std::uint32_t crc32(Bytes bytes);

}  // namespace ringwall::media::stun
