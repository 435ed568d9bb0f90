#include "runtime/prompt_encoder.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;
using media::Codec;

bool ready_in_time(const media::Clip& clip, Codec codec) {
  for (int i = 0; i < 1'000 && clip.frames(codec) == nullptr; ++i)
    std::this_thread::sleep_for(10ms);
  return clip.frames(codec) != nullptr;
}

TEST(PromptEncoder, EncodesForEachCodecOnce) {
  const media::Clip clip = std::make_shared<std::vector<std::int16_t>>(8'000);
  PromptEncoder encoder;
  encoder.encode({{clip, media::Clip()}, false}, Codec::pcma);
  EXPECT_NE(clip.frames(Codec::pcma), nullptr);  // at once
  EXPECT_EQ(clip.frames(Codec::opus), nullptr);
  for (int i = 0; i < 3; ++i)
    for (const Codec codec : {Codec::opus, Codec::g722})
      encoder.encode({{clip}, false}, codec);
  ASSERT_TRUE(ready_in_time(clip, Codec::opus));
  ASSERT_TRUE(ready_in_time(clip, Codec::g722));
  const media::EncodedFrames* const frames = clip.frames(Codec::opus);
  encoder.encode({{clip}, false}, Codec::opus);
  EXPECT_EQ(clip.frames(Codec::opus), frames);
  EXPECT_EQ(frames->ends.size(), 50u);
}

TEST(PromptEncoder, GoesWithPromptsStillWaiting) {
  PromptEncoder encoder;
  for (int i = 0; i < 50; ++i)
    encoder.encode({{std::make_shared<std::vector<std::int16_t>>(80'000)}, false}, Codec::opus);
}

}  // namespace
}  // namespace ringwall::runtime
