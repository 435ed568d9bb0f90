#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "base/net_address.h"

namespace ringwall::runtime {

/// The text forms of Asio's endpoints, and back. An IPv4 address inside IPv6 ("::ffff:192.0.2.1") is written as IPv4.
template <class SocketEndpoint>
NetAddress to_net_address(const SocketEndpoint& endpoint) {
  const auto& address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return {boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string(), endpoint.port()};
  return {address.to_string(), endpoint.port()};
}

/// Nothing if `address.ip` is not numeric.
template <class SocketEndpoint>
Result<SocketEndpoint> to_endpoint(const NetAddress& address) {
  boost::system::error_code trouble;
  const auto ip = boost::asio::ip::make_address(address.ip, trouble);
  if (trouble) return fail("this is no numeric IP address", address.text(), "resolve the name first");
  return SocketEndpoint(ip, address.port);
}

}  // namespace ringwall::runtime
