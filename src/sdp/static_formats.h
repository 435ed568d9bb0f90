#pragma once

#include "sdp/session_description.h"

namespace ringwall::sdp {

/// What the number means when no a=rtpmap says so (RFC 3551 section 6); an empty encoding for a dynamic or unassigned
/// number.
Format static_format(std::uint8_t payload_type);

/// Whether the protocol of an m= line carries RTP, so that its formats are payload types.
bool carries_rtp(std::string_view protocol);

}  // namespace ringwall::sdp
