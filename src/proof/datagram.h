#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ringwall::proof {

/// What a datagram looks like by its first bytes (RFC 7983, RFC 5761). RTP and SRTP look alike.
///
///   0..3 STUN | 20..63 DTLS | 128..191 RTP, or RTCP if the second byte is 192..223
enum class DatagramShape : std::uint8_t { sip, stun, dtls, rtp, rtcp, other };
DatagramShape shape_of(Bytes datagram);

/// Whether SIP's version ("SIP/2.0", in any case) stands in these bytes: every start line has it, and no compact form
/// lets it go. In encrypted bytes it appears by chance once in 10^16.
bool holds_sip_text(Bytes bytes);
inline constexpr std::size_t sip_text_bytes = 7;

}  // namespace ringwall::proof
