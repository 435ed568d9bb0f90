#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace ringwall {

/// An IP address in text form as the kernel prints it ("127.18.133.226", "::1") and a port.
struct NetAddress {
  std::string ip;
  std::uint16_t port = 0;

  /// "127.18.133.226:5061", "[::1]:5061".
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const NetAddress&, const NetAddress&) = default;
};

/// Reads the form that text() prints; the port may be left out if `default_port` is not zero.
Result<NetAddress> parse_net_address(std::string_view text, std::uint16_t default_port = 0);

}  // namespace ringwall

template <>
struct std::hash<ringwall::NetAddress> {
  std::size_t operator()(const ringwall::NetAddress& address) const {
    return std::hash<std::string>{}(address.ip) * 31 + address.port;
  }
};
