#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

/// RTP packets (RFC 3550 section 5.1):
///
///    0                   1                   2                   3
///    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///   |                           timestamp                           |
///   |                             SSRC                              |
///   |                   CSRC, as many as CC says                    |
///   |  extension, if X: profile, length in words, the words         |
namespace ringwall::media {

inline constexpr std::size_t rtp_fixed_header = 12;

struct RtpHeader {
  bool padding = false;
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::size_t size = rtp_fixed_header;  ///< of the whole header, with CSRC and extension
};

/// Reads the header; it is readable in SRTP packets too. Nothing if it is not version 2 or does not fit.
std::optional<RtpHeader> parse_rtp_header(Bytes packet);
/// The payload of a plain packet without its padding, or nothing if the padding is longer than the packet.
std::optional<Bytes> rtp_payload(Bytes packet, const RtpHeader& header);
/// Writes a fixed header (no CSRC, no extension) to the first 12 bytes of `out`.
void write_rtp_header(MutableBytes out, const RtpHeader& header);

/// RTCP shares the port with RTP when they are multiplexed: this tells them apart (RFC 5761 section 4).
inline bool is_rtcp(Bytes datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

/// a is before b, with wrap.
inline bool sequence_before(std::uint16_t a, std::uint16_t b) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b)) < 0;
}

}  // namespace ringwall::media
