#include "call/audio_codec.h"

#include <algorithm>

#include "media/codec/codec.h"

namespace ringwall::call {

void apply_codec(const sdp::Agreed& agreed, bool clear, media::LegParameters& parameters) {
  // A stream that is stopped has no codec: nothing is coded then.
  parameters.codec = media::parse_codec(agreed.codec).value_or(media::Codec::pcmu);
  parameters.payload_type = agreed.payload_type;
  parameters.dtmf_payload_type = agreed.dtmf_payload_type;
  parameters.dtmf_clock_rate = agreed.dtmf_clock_rate;
  parameters.comfort_noise_payload_type = agreed.comfort_noise_payload_type;
  parameters.detect_inband_digits = clear && !agreed.dtmf_payload_type;
  parameters.opus.error_correction = agreed.opus.error_correction;
  if (agreed.opus.most_bits_per_second != 0)
    parameters.opus.bits_per_second = std::min(parameters.opus.bits_per_second, agreed.opus.most_bits_per_second);
}

}  // namespace ringwall::call
