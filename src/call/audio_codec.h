#pragma once

#include "media/types.h"
#include "sdp/offer_answer.h"

namespace ringwall::call {

/// What offer and answer agreed on about codecs, digits and comfort noise, as the media plane takes it. On a clear leg
/// (one that a waiver allows) whose peer has no telephone events, digits are listened for in the audio.
void apply_codec(const sdp::Agreed& agreed, bool clear, media::LegParameters& parameters);

}  // namespace ringwall::call
