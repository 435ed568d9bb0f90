#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace ringwall::crypto {

inline constexpr std::size_t seal_key_size = 32;
using SealNonce = std::array<std::uint8_t, 12>;

/// AES-256-GCM (NIST SP 800-38D): nonce, ciphertext and tag in one, for a value that leaves the process and comes back
/// unread and unchanged. `nonce` is random: at most 2^32 values under one key.
Buffer seal(const Secret& key, const SealNonce& nonce, Bytes plain);
/// What was sealed under this key; nothing for anything else.
std::optional<Buffer> unseal(const Secret& key, Bytes sealed);

}  // namespace ringwall::crypto
