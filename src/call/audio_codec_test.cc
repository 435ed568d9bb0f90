#include "call/audio_codec.h"

#include <gtest/gtest.h>

namespace ringwall::call {
namespace {

TEST(AudioCodec, TakesOverWhatWasAgreed) {
  media::LegParameters out;
  apply_codec({.codec = "opus",
               .payload_type = 111,
               .opus = {.error_correction = true, .most_bits_per_second = 16'000},
               .dtmf_payload_type = 110,
               .dtmf_clock_rate = 48'000},
              false, out);
  EXPECT_EQ(out.codec, media::Codec::opus);
  EXPECT_EQ(out.payload_type, 111);
  EXPECT_EQ(out.dtmf_payload_type, 110);
  EXPECT_EQ(out.dtmf_clock_rate, 48'000u);
  EXPECT_TRUE(out.opus.error_correction);
  EXPECT_EQ(out.opus.bits_per_second, 16'000u);
  EXPECT_FALSE(out.opus.discontinuous);
  EXPECT_FALSE(out.detect_inband_digits);
}

TEST(AudioCodec, DigitsAreHeardInTheAudioOnlyOnAClearLegWithoutEvents) {
  for (const bool clear : {false, true})
    for (const bool events : {false, true}) {
      sdp::Agreed agreed{.codec = "PCMU"};
      if (events) agreed.dtmf_payload_type = 101;
      media::LegParameters out;
      apply_codec(agreed, clear, out);
      EXPECT_EQ(out.detect_inband_digits, clear && !events);
    }
}

}  // namespace
}  // namespace ringwall::call
