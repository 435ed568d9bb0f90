#pragma once

#include <span>

#include "sdp/session_description.h"

namespace ringwall::sdp {

inline constexpr std::uint8_t offered_dtmf_payload_type = 101;

/// The formats of an offer: the codecs in their order, then telephone-event/8000 (RFC 4733) with events 0-15.
std::vector<Format> formats_for(std::span<const std::string> codecs);

/// Whether both mean the same audio: encoding (without case), clock rate and channels.
bool same_encoding(const Format& a, const Format& b);

/// The first of `codecs` among `formats`, nullptr if there is none.
const Format* choose_codec(std::span<const Format> formats, std::span<const std::string> codecs);

/// telephone-event at 8000 Hz; events at another rate do not fit the codecs spoken here.
const Format* find_dtmf(std::span<const Format> formats);

bool is_dtmf(const Format& format);

}  // namespace ringwall::sdp
