#include "proof/datagram.h"

#include "base/text.h"

namespace ringwall::proof {

bool holds_sip_text(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  for (std::size_t at = text.find("/2.0", 3); at != std::string_view::npos; at = text.find("/2.0", at + 1)) {
    if (equals_ignoring_case(text.substr(at - 3, 3), "SIP")) return true;
  }
  return false;
}

DatagramShape shape_of(Bytes datagram) {
  if (datagram.empty()) return DatagramShape::other;
  if (holds_sip_text(datagram)) return DatagramShape::sip;
  const std::uint8_t first = datagram[0];
  ByteReader reader(datagram);
  if (first < 4) {  // RFC 8489 section 5: type, length, magic cookie
    reader.skip(2);
    const std::size_t length = reader.u16();
    const bool stun = reader.u32() == 0x2112a442 && datagram.size() == length + 20;
    return stun ? DatagramShape::stun : DatagramShape::other;
  }
  if (first >= 20 && first <= 63) {  // RFC 6347 section 4.1: type, version 254.x; RFC 9147's short header is 001xxxxx
    reader.skip(1);
    const bool dtls = (datagram.size() >= 13 && reader.u8() == 0xfe) || (first >= 32 && datagram.size() >= 16);
    return dtls ? DatagramShape::dtls : DatagramShape::other;
  }
  if (first < 128 || first > 191) return DatagramShape::other;
  if (datagram.size() >= 8 && datagram[1] >= 192 && datagram[1] <= 223) return DatagramShape::rtcp;
  return datagram.size() >= 12 ? DatagramShape::rtp : DatagramShape::other;
}

}  // namespace ringwall::proof
