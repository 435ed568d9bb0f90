#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What a WebSocket client sends (RFC 6455), written by hand: not by the library that reads it.
namespace ringwall::runtime::test {

inline constexpr std::uint8_t kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;

inline std::string upgrade_request(std::string_view more = "Sec-WebSocket-Protocol: sip\r\n",
                                   std::string_view path = "/") {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: call-manager.ringwall.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more) + "\r\n";
}

/// One masked frame; `final` false: more fragments follow (then with opcode 0).
inline std::string client_frame(std::uint8_t opcode, std::string_view payload, bool final = true) {
  constexpr std::uint8_t mask[4] = {0x12, 0x9a, 0x00, 0xff};
  std::string out;
  out.push_back(static_cast<char>((final ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() < 65'536) {
    out.push_back(static_cast<char>(0x80 | 126));
    for (int shift = 8; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>(payload.size() >> shift));
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    for (int shift = 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>(payload.size() >> shift));
  }
  out.append(reinterpret_cast<const char*>(mask), 4);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  return out;
}

/// A server's frame with a short payload.
inline std::string server_frame(std::uint8_t opcode, std::string_view payload) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(payload.size())} + std::string(payload);
}

}  // namespace ringwall::runtime::test
