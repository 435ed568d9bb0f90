#include "proof/packet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

namespace ringwall::proof {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd;
constexpr int vlan_tags_at_most = 4;
constexpr int extension_headers_at_most = 8;

bool is_vlan(std::uint16_t ethertype) {
  return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

std::uint16_t skip_vlan_tags(ByteReader& reader, std::uint16_t ethertype) {
  for (int tags = 0; tags < vlan_tags_at_most && is_vlan(ethertype); ++tags) {
    reader.skip(2);
    ethertype = reader.u16();
  }
  return ethertype;
}

/// Steps over the link header; whether IP follows.
bool skip_link_header(ByteReader& reader, LinkType link) {
  std::uint16_t ethertype = 0;
  switch (link) {
    case LinkType::raw_ip:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return true;
    case LinkType::null:  // the host's AF_ number, in the order of its bytes: let the IP version decide
    case LinkType::loop:
      reader.skip(4);
      return reader.ok();
    case LinkType::ethernet:
      reader.skip(12);
      ethertype = skip_vlan_tags(reader, reader.u16());
      break;
    case LinkType::linux_sll:  // type(2) ARPHRD(2) length(2) address(8) protocol(2)
      reader.skip(14);
      ethertype = skip_vlan_tags(reader, reader.u16());
      break;
    case LinkType::linux_sll2:  // protocol(2) reserved(2) interface(4) ARPHRD(2) type(1) length(1) address(8)
      ethertype = reader.u16();
      reader.skip(18);
      break;
    default:
      return false;
  }
  return reader.ok() && (ethertype == ethertype_ipv4 || ethertype == ethertype_ipv6);
}

std::string print_ip(int family, Bytes bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

/// The IP payload, and what the IP header says about it.
struct IpPayload {
  std::uint8_t protocol = 0;
  bool later_fragment = false;
  Bytes bytes;
};

/// The payload as long as the header says; a length of zero is what segmentation offload leaves (RFC 2675 jumbograms
/// are not used here).
Bytes cut(Bytes rest, std::size_t length, bool offloaded, Captured& packet) {
  if (offloaded) return rest;
  if (length > rest.size()) packet.truncated = true;
  return rest.first(std::min(length, rest.size()));
}

/// RFC 791 section 3.1.
std::optional<IpPayload> read_ipv4(Bytes bytes, Captured& packet) {
  ByteReader reader(bytes);
  const std::size_t header = (reader.u8() & 0x0fU) * 4U;
  reader.skip(1);
  const std::size_t total = reader.u16();
  reader.skip(2);
  const std::uint16_t fragment = reader.u16();
  reader.skip(1);
  IpPayload payload{.protocol = reader.u8()};
  reader.skip(2);
  const Bytes source = reader.take(4);
  const Bytes destination = reader.take(4);
  if (!reader.ok() || header < 20 || (total != 0 && total < header)) return std::nullopt;
  reader.skip(header - 20);
  if (!reader.ok()) return std::nullopt;
  packet.source.ip = print_ip(AF_INET, source);
  packet.destination.ip = print_ip(AF_INET, destination);
  packet.fragment = (fragment & 0x3fff) != 0;  // "more fragments" or an offset
  payload.later_fragment = (fragment & 0x1fff) != 0;
  payload.bytes = cut(reader.rest(), total - std::min(header, total), total == 0, packet);
  return payload;
}

bool is_extension_header(std::uint8_t next) {  // hop-by-hop, routing, fragment, authentication, destination options
  return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

/// RFC 8200 sections 3 and 4.
std::optional<IpPayload> read_ipv6(Bytes bytes, Captured& packet) {
  ByteReader fixed(bytes);
  fixed.skip(4);
  const std::size_t length = fixed.u16();
  IpPayload payload{.protocol = fixed.u8()};
  fixed.skip(1);
  const Bytes source = fixed.take(16);
  const Bytes destination = fixed.take(16);
  if (!fixed.ok()) return std::nullopt;
  packet.source.ip = print_ip(AF_INET6, source);
  packet.destination.ip = print_ip(AF_INET6, destination);
  ByteReader reader(cut(fixed.rest(), length, length == 0, packet));
  for (int headers = 0; is_extension_header(payload.protocol) && !payload.later_fragment; ++headers) {
    if (headers == extension_headers_at_most) return std::nullopt;
    const std::uint8_t kind = payload.protocol;
    payload.protocol = reader.u8();
    const std::size_t extent = reader.u8();
    if (kind == 44) {  // fragment header: offset(13) reserved(2) more(1) identification(32)
      const std::uint16_t offset = reader.u16();
      reader.skip(4);
      packet.fragment = packet.fragment || (offset & 0xfff9) != 0;
      payload.later_fragment = (offset & 0xfff8) != 0;
    } else {
      reader.skip(kind == 51 ? (extent + 2) * 4 - 2 : extent * 8 + 6);
    }
    if (!reader.ok()) return std::nullopt;
  }
  payload.bytes = reader.rest();
  return payload;
}

/// RFC 9293 section 3.1.
bool read_tcp(Bytes bytes, Captured& packet) {
  ByteReader reader(bytes);
  packet.source.port = reader.u16();
  packet.destination.port = reader.u16();
  packet.sequence = reader.u32();
  reader.skip(4);
  const std::size_t header = (reader.u8() >> 4U) * 4U;
  const std::uint8_t flags = reader.u8();
  reader.skip(6);
  if (!reader.ok() || header < 20) return false;
  reader.skip(header - 20);
  if (!reader.ok()) return false;
  packet.fin = (flags & 0x01) != 0;
  packet.syn = (flags & 0x02) != 0;
  packet.reset = (flags & 0x04) != 0;
  packet.ack = (flags & 0x10) != 0;
  packet.protocol = Protocol::tcp;
  packet.payload = to_buffer(reader.rest());
  return true;
}

/// RFC 768.
bool read_udp(Bytes bytes, Captured& packet) {
  ByteReader reader(bytes);
  packet.source.port = reader.u16();
  packet.destination.port = reader.u16();
  const std::size_t length = reader.u16();
  reader.skip(2);
  if (!reader.ok() || (length != 0 && length < 8)) return false;
  // The first fragment of a datagram holds less than the datagram's length.
  const bool cut_before = packet.truncated;
  packet.payload = to_buffer(cut(reader.rest(), length - std::min<std::size_t>(length, 8), length == 0, packet));
  if (packet.fragment) packet.truncated = cut_before;
  packet.protocol = Protocol::udp;
  return true;
}

}  // namespace

bool is_link_type_known(int link_type) {
  switch (static_cast<LinkType>(link_type)) {
    case LinkType::null:
    case LinkType::ethernet:
    case LinkType::raw_ip:
    case LinkType::loop:
    case LinkType::linux_sll:
    case LinkType::ipv4:
    case LinkType::ipv6:
    case LinkType::linux_sll2:
      return link_type >= 0 && link_type <= 0xffff;
  }
  return false;
}

std::optional<Captured> parse_packet(const Frame& frame) {
  ByteReader reader(frame.bytes);
  if (!skip_link_header(reader, frame.link)) return std::nullopt;
  const Bytes ip = reader.rest();
  if (ip.empty()) return std::nullopt;
  Captured packet{.time = frame.time, .truncated = frame.wire_bytes > frame.bytes.size()};
  const int version = ip[0] >> 4;
  std::optional<IpPayload> payload;
  if (version == 4) payload = read_ipv4(ip, packet);
  if (version == 6) payload = read_ipv6(ip, packet);
  if (!payload) return std::nullopt;
  if (!payload->later_fragment && payload->protocol == IPPROTO_TCP && read_tcp(payload->bytes, packet)) return packet;
  if (!payload->later_fragment && payload->protocol == IPPROTO_UDP && read_udp(payload->bytes, packet)) return packet;
  packet.source.port = packet.destination.port = 0;
  packet.protocol = Protocol::other;
  packet.payload = to_buffer(payload->bytes);
  return packet;
}

}  // namespace ringwall::proof
