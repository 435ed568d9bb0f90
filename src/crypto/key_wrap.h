#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace ringwall::crypto {

/// A key that wraps others, and the name it is known by. The name is no secret.
struct WrappingKey {
  using Id = std::array<std::uint8_t, 8>;
  static constexpr std::size_t bytes = 32;
  Id id{};
  Secret key;
};

inline constexpr std::size_t wrapped_key_bytes = 40;  ///< of a key of 32 bytes

/// AES-256 key wrap (RFC 3394, NIST SP 800-38F) of a key of 32 bytes: no nonce, and 64 bits that tell a wrong wrapping
/// key or a changed byte.
std::array<std::uint8_t, wrapped_key_bytes> wrap_key(const Secret& wrapping_key, const Secret& key);
/// Nothing if `wrapped` was not made with this key.
std::optional<Secret> unwrap_key(const Secret& wrapping_key, Bytes wrapped);

}  // namespace ringwall::crypto
