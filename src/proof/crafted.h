#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "proof/packet.h"

/// Packets made for tests.
namespace ringwall::proof::crafted {

inline void put_ip(ByteWriter& out, std::string_view ip) {
  std::uint32_t part = 0;
  for (char c : ip) {
    if (c == '.') {
      out.u8(static_cast<std::uint8_t>(part));
      part = 0;
    } else {
      part = part * 10 + static_cast<std::uint32_t>(c - '0');
    }
  }
  out.u8(static_cast<std::uint8_t>(part));
}

inline Buffer ipv4(std::string_view source, std::string_view destination, std::uint8_t protocol, Bytes payload,
                   std::uint16_t fragment = 0) {
  ByteWriter out;
  out.u16(0x4500);
  out.u16(static_cast<std::uint16_t>(20 + payload.size()));
  out.u16(1);
  out.u16(fragment);
  out.u8(64);
  out.u8(protocol);
  out.u16(0);
  put_ip(out, source);
  put_ip(out, destination);
  out.bytes(payload);
  return out.take();
}

inline Buffer udp(std::uint16_t source, std::uint16_t destination, Bytes payload) {
  ByteWriter out;
  out.u16(source);
  out.u16(destination);
  out.u16(static_cast<std::uint16_t>(8 + payload.size()));
  out.u16(0);
  out.bytes(payload);
  return out.take();
}

enum TcpFlag : std::uint8_t { fin = 1, syn = 2, rst = 4, ack = 16 };

inline Buffer tcp(std::uint16_t source, std::uint16_t destination, std::uint32_t sequence, std::uint8_t flags,
                  Bytes payload) {
  ByteWriter out;
  out.u16(source);
  out.u16(destination);
  out.u32(sequence);
  out.u32(0);
  out.u8(0x50);
  out.u8(flags);
  out.u16(65535);
  out.u32(0);
  out.bytes(payload);
  return out.take();
}

inline Frame ethernet(Bytes ip, std::uint16_t ethertype = 0x0800) {
  ByteWriter out;
  out.bytes(Buffer(12, 0));
  out.u16(ethertype);
  out.bytes(ip);
  Frame frame{.link = LinkType::ethernet, .bytes = out.take()};
  frame.wire_bytes = static_cast<std::uint32_t>(frame.bytes.size());
  return frame;
}

inline Frame udp_frame(const NetAddress& source, const NetAddress& destination, Bytes payload) {
  return ethernet(ipv4(source.ip, destination.ip, 17, udp(source.port, destination.port, payload)));
}
inline Frame tcp_frame(const NetAddress& source, const NetAddress& destination, std::uint32_t sequence,
                       std::uint8_t flags, Bytes payload = {}) {
  return ethernet(ipv4(source.ip, destination.ip, 6, tcp(source.port, destination.port, sequence, flags, payload)));
}

inline Buffer tls_record(std::uint8_t type, Bytes fragment) {
  ByteWriter out;
  out.u8(type);
  out.u16(0x0303);
  out.u16(static_cast<std::uint16_t>(fragment.size()));
  out.bytes(fragment);
  return out.take();
}

inline Buffer rtp(std::uint16_t sequence, std::uint32_t ssrc = 7, std::size_t payload = 160, std::uint8_t type = 0) {
  ByteWriter out;
  out.u8(0x80);
  out.u8(type);
  out.u16(sequence);
  out.u32(sequence * 160U);
  out.u32(ssrc);
  out.bytes(Buffer(payload, 0x55));
  return out.take();
}

inline Buffer rtcp(std::uint8_t type = 200) {
  ByteWriter out;
  out.u8(0x80);
  out.u8(type);
  out.u16(6);
  out.u32(7);
  out.bytes(Buffer(20, 0));
  return out.take();
}

inline constexpr std::string_view sip_invite =
    "INVITE sip:6016@edge.ringwall.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.18.133.76\r\nContent-Length: 0\r\n\r\n";

inline std::vector<Captured> parse_all(const std::vector<Frame>& frames) {
  std::vector<Captured> packets;
  for (const Frame& frame : frames) {
    if (auto packet = parse_packet(frame)) packets.push_back(std::move(*packet));
  }
  return packets;
}

}  // namespace ringwall::proof::crafted
