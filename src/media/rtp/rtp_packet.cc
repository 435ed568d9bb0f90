#include "media/rtp/rtp_packet.h"

#include "base/check.h"

namespace ringwall::media {

std::optional<RtpHeader> parse_rtp_header(Bytes packet) {
  if (packet.size() < rtp_fixed_header || packet[0] >> 6 != 2) return std::nullopt;
  ByteReader reader(packet);
  const std::uint8_t first = reader.u8(), second = reader.u8();
  RtpHeader header{.padding = (first & 0x20) != 0,
                   .marker = (second & 0x80) != 0,
                   .payload_type = static_cast<std::uint8_t>(second & 0x7f),
                   .sequence = reader.u16(),
                   .timestamp = reader.u32(),
                   .ssrc = reader.u32()};
  reader.skip(4 * std::size_t{first & 0x0fu});
  if ((first & 0x10) != 0) {
    reader.skip(2);
    reader.skip(4 * std::size_t{reader.u16()});
  }
  if (!reader.ok()) return std::nullopt;
  header.size = reader.position();
  return header;
}

std::optional<Bytes> rtp_payload(Bytes packet, const RtpHeader& header) {
  Bytes payload = packet.subspan(header.size);
  if (!header.padding) return payload;
  if (payload.empty() || payload.back() == 0 || payload.back() > payload.size()) return std::nullopt;
  return payload.first(payload.size() - payload.back());
}

void write_rtp_header(MutableBytes out, const RtpHeader& header) {
  CHECK(out.size() >= rtp_fixed_header);
  out[0] = 0x80;
  out[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
  out[2] = static_cast<std::uint8_t>(header.sequence >> 8);
  out[3] = static_cast<std::uint8_t>(header.sequence);
  for (std::size_t i = 0; i < 4; ++i) {
    out[7 - i] = static_cast<std::uint8_t>(header.timestamp >> (8 * i));
    out[11 - i] = static_cast<std::uint8_t>(header.ssrc >> (8 * i));
  }
}

}  // namespace ringwall::media
