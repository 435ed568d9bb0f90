#include "media/session/packet_address.h"

#include <arpa/inet.h>

namespace ringwall::media {

std::optional<PacketAddress> to_packet_address(const NetAddress& address) {
  PacketAddress out{.port = address.port};
  if (inet_pton(AF_INET, address.ip.c_str(), out.ip.data()) == 1)
    out.version = 4;
  else if (inet_pton(AF_INET6, address.ip.c_str(), out.ip.data()) == 1)
    out.version = 6;
  if (out.version == 0 || out.port == 0) return std::nullopt;
  return out;
}

NetAddress to_net_address(const PacketAddress& address) {
  if (!address) return {};
  char text[INET6_ADDRSTRLEN];
  inet_ntop(address.version == 4 ? AF_INET : AF_INET6, address.ip.data(), text, sizeof text);
  return {text, address.port};
}

}  // namespace ringwall::media
