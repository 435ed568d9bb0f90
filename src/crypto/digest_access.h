#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

/// The arithmetic of HTTP digest access authentication (RFC 7616), as SIP uses it (RFC 3261 section 22, RFC 8760).
namespace ringwall::crypto {

/// Strongest first. The "-sess" variants are the same hash with another A1.
enum class DigestAlgorithm : std::uint8_t { sha_512_256, sha_256, md5 };
inline constexpr std::size_t digest_algorithms = 3;

std::string_view print(DigestAlgorithm algorithm);  ///< "SHA-512-256", "SHA-256", "MD5"
/// Without case; nothing for an algorithm that is not known.
std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view text);
/// Hex digits of a value: 64, or 32 for MD5.
std::size_t digest_size(DigestAlgorithm algorithm);

/// Lower-case hex of the hash over the parts with a colon between each two.
Secret digest_of(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts);
/// H(user:realm:password) in hex: what is kept in place of a password (RFC 7616 section 3.4.2).
Secret digest_a1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm, std::string_view password);

}  // namespace ringwall::crypto
