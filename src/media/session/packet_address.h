#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/net_address.h"

namespace ringwall::media {

/// A source or destination on the packet path: compared and copied without an allocation.
struct PacketAddress {
  std::array<std::uint8_t, 16> ip{};  ///< the first four bytes for IPv4
  std::uint8_t version = 0;           ///< 4, 6, or 0 for none
  std::uint16_t port = 0;

  explicit operator bool() const { return version != 0; }
  friend bool operator==(const PacketAddress&, const PacketAddress&) = default;
};

/// Nothing if the text is no IP address or the port is 0.
std::optional<PacketAddress> to_packet_address(const NetAddress& address);
NetAddress to_net_address(const PacketAddress& address);

}  // namespace ringwall::media
