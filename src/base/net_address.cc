#include "base/net_address.h"

#include <arpa/inet.h>

#include "base/text.h"

namespace ringwall {
namespace {

/// The address in the one form the kernel prints it in, or nothing.
std::optional<std::string> canonical_ip(std::string_view text) {
  const std::string copy(text);
  unsigned char raw[16];
  char out[INET6_ADDRSTRLEN];
  for (const int family : {AF_INET, AF_INET6})
    if (inet_pton(family, copy.c_str(), raw) == 1 && inet_ntop(family, raw, out, sizeof out)) return std::string(out);
  return std::nullopt;
}

}  // namespace

std::string NetAddress::text() const {
  return ip.find(':') == std::string::npos ? fmt::format("{}:{}", ip, port) : fmt::format("[{}]:{}", ip, port);
}

Result<NetAddress> parse_net_address(std::string_view text, std::uint16_t default_port) {
  const auto bad = [&](std::string_view why) {
    return fail(fmt::format("'{}' is not an address: {}", text, why), {},
                "write it as 192.0.2.1:5061 or [2001:db8::1]:5061");
  };
  std::string_view ip = text, port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return bad("the bracket is not closed");
    ip = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return bad("only a port may follow the bracket");
  } else if (const auto colon = text.find(':');
             colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    ip = text.substr(0, colon);
    port = text.substr(colon);
  }
  const auto canonical = canonical_ip(ip);
  if (!canonical) return bad("it holds no IP address");
  if (port.empty()) {
    if (default_port == 0) return bad("the port is missing");
    return NetAddress{*canonical, default_port};
  }
  const auto number = parse_unsigned<std::uint16_t>(port.substr(1));
  if (!number || *number == 0) return bad("the port is not a number from 1 to 65535");
  return NetAddress{*canonical, *number};
}

}  // namespace ringwall
