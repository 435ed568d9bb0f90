#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/net_address.h"

namespace ringwall::proof {

using CaptureTime = std::chrono::sys_time<std::chrono::microseconds>;

/// What a frame begins with (the LINKTYPE_ numbers of pcap files).
enum class LinkType : std::uint16_t {
  null = 0,
  ethernet = 1,
  raw_ip = 101,
  loop = 108,
  linux_sll = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276
};

/// One frame as the kernel or a file gave it.
struct Frame {
  CaptureTime time{};
  LinkType link = LinkType::ethernet;
  std::uint32_t wire_bytes = 0;  ///< how long it was on the wire; longer than `bytes` if the capture cut it
  Buffer bytes;
};

enum class Protocol : std::uint8_t { tcp, udp, other };

/// One IP packet of a capture. `payload` is what TCP or UDP carries; for other protocols and for the later fragments of
/// a datagram it is what IP carries, and the ports are zero.
struct Captured {
  CaptureTime time{};
  Protocol protocol = Protocol::other;
  NetAddress source, destination;
  Buffer payload;
  std::uint32_t sequence = 0;  ///< TCP only
  bool syn = false, ack = false, fin = false, reset = false;
  bool fragment = false;   ///< part of a fragmented datagram
  bool truncated = false;  ///< the capture or a false length field cut it
};

/// Reads link, IPv4/IPv6 and TCP/UDP headers; nothing if the frame holds no IP packet (ARP and the like) or is no
/// well-formed one. VLAN tags and IPv6 extension headers are stepped over, a bounded number of them.
std::optional<Captured> parse_packet(const Frame& frame);

/// Whether parse_packet() can read frames of this LINKTYPE_ number.
bool is_link_type_known(int link_type);

}  // namespace ringwall::proof
