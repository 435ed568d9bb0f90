#pragma once

#include <span>

#include "sdp/offer_answer.h"
#include "sdp/session_description.h"

namespace ringwall::sdp {

inline constexpr std::uint8_t offered_dtmf_payload_type = 101;

/// The formats of an offer: the codecs in their order, comfort noise if `codecs` name it ("CN"), then telephone-event
/// (RFC 4733) with events 0-15, at the clock rate of each codec that has its own and at 8000 Hz.
std::vector<Format> formats_for(std::span<const std::string> codecs);

/// Whether both mean the same audio: encoding (without case), clock rate and channels.
bool same_encoding(const Format& a, const Format& b);

/// The first of `codecs` among `formats`, nullptr if there is none.
const Format* choose_codec(std::span<const Format> formats, std::span<const std::string> codecs);

/// telephone-event, at `clock_rate` if it is there and else at 8000 Hz; others do not fit the codecs spoken here.
const Format* find_dtmf(std::span<const Format> formats, std::uint32_t clock_rate);

bool is_dtmf(const Format& format);
/// Comfort noise (RFC 3389) at 8000 Hz: it goes with the codecs of that clock rate, but not with Opus, which makes its
/// own.
bool is_comfort_noise(const Format& format);

/// Answers the codecs of an offered audio line: fills `out.formats` and what `agreed` says of them. Fails if none is
/// common.
Result<> answer_codecs(const MediaDescription& offered, const Local& local, MediaDescription& out, Agreed& agreed);
/// Takes over what the answer to our offer says of codecs.
Result<> apply_codecs(const MediaDescription& offered, const MediaDescription& answered, Agreed& agreed);

/// What their a=fmtp asks of us as senders of Opus (RFC 7587 section 6.1).
OpusWishes read_opus_wishes(std::string_view parameters);

}  // namespace ringwall::sdp
