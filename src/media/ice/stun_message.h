#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "media/session/packet_address.h"

/// STUN messages (RFC 8489) with the attributes of ICE (RFC 8445 section 16.1): views over one datagram.
namespace ringwall::media::stun {

inline constexpr std::uint32_t magic_cookie = 0x2112'a442;
inline constexpr std::size_t header_bytes = 20;
inline constexpr std::uint16_t binding = 0x001;  ///< the only method here

enum class Class : std::uint8_t { request, indication, success, error };

/// RFC 8489 section 18.3, RFC 8445 section 16.1. Types below 0x8000 have to be understood.
enum class Attribute : std::uint16_t {
  mapped_address = 0x0001,
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000a,
  realm = 0x0014,
  nonce = 0x0015,
  message_integrity_sha256 = 0x001c,
  xor_mapped_address = 0x0020,
  priority = 0x0024,
  use_candidate = 0x0025,
  software = 0x8022,
  fingerprint = 0x8028,
  ice_controlled = 0x8029,
  ice_controlling = 0x802a,
};

using TransactionId = std::array<std::uint8_t, 12>;

/// What a binding request or its response says. Views point into the datagram.
struct Message {
  Class kind = Class::request;
  std::uint16_t method = binding;
  TransactionId transaction{};
  std::optional<std::string_view> username, realm, nonce, software;
  std::optional<PacketAddress> mapped;  ///< XOR-MAPPED-ADDRESS
  std::optional<std::uint32_t> priority;
  bool use_candidate = false;
  std::optional<std::uint64_t> controlled, controlling;  ///< the tie-breaker
  std::optional<std::uint16_t> error;                    ///< 300 to 699
  std::array<std::uint16_t, 8> unknown{};                ///< types that had to be understood, the first eight
  std::size_t unknown_count = 0;
  std::size_t integrity_at = 0;  ///< where MESSAGE-INTEGRITY begins; 0: there is none
  bool fingerprint = false;      ///< there was one, and it is right

  Bytes datagram;
};

/// Whether a datagram may be STUN at all: the first byte is 0 to 3, the length fits, the magic cookie stands there
/// (RFC 8489 section 5, RFC 7983 section 7).
bool looks_like_stun(Bytes datagram);

/// Nothing if the bytes are no STUN message as RFC 8489 section 14 writes it, or if a FINGERPRINT is wrong. Of an
/// attribute given twice the first counts. What stands behind MESSAGE-INTEGRITY is not read, but for FINGERPRINT.
std::optional<Message> parse(Bytes datagram);

/// Whether MESSAGE-INTEGRITY is there and was made with `key` (RFC 8489 section 14.5): the password itself, or the hash
/// of the long-term mechanism. Takes the same time wherever a wrong one differs.
bool integrity_right(const Message& message, Bytes key);

}  // namespace ringwall::media::stun
