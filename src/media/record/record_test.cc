#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/limits.h"
#include "media/codec/g711.h"
#include "media/record/recorder.h"
#include "media/record/tone.h"
#include "media/record/wav.h"

namespace ringwall::media {
namespace {

using ::testing::HasSubstr;

std::vector<std::int16_t> tone(double hz, std::size_t samples, double amplitude = 8000) {
  std::vector<std::int16_t> out(samples);
  ToneGenerator(hz, amplitude).fill(out);
  return out;
}

TEST(Wav, ReadsWhatItWrites) {
  const auto samples = tone(440, 1234);
  const Buffer file = print_wav(samples);
  EXPECT_EQ(file.size(), 44 + 2 * samples.size());
  const auto read = parse_wav(file, "a.wav");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, samples);
}

TEST(Wav, EveryTruncationIsAnErrorOrShorterSound) {
  const Buffer file = print_wav(tone(440, 20));
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto read = parse_wav(Bytes(file).first(size), "a.wav");
    if (read)
      EXPECT_EQ(read->size(), (size - 44) / 2);
    else
      EXPECT_LT(size, 44u);
  }
}

TEST(Wav, SaysWhatIsWrong) {
  const Buffer good = print_wav(tone(440, 20));
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Buffer file = good;
    file[at] = value;
    const auto read = parse_wav(file, "prompts/hello.wav");
    return read ? std::string("no error") : read.error().text();
  };
  EXPECT_THAT(with(0, 'X'), HasSubstr("prompts/hello.wav: this is no WAV file"));
  EXPECT_THAT(with(20, 7), HasSubstr("coding 7"));
  EXPECT_THAT(with(22, 2), HasSubstr("2 channels"));
  EXPECT_THAT(with(34, 8), HasSubstr("8 bits"));
  EXPECT_THAT(with(12, 'x'), HasSubstr("data before its format"));
  EXPECT_THAT(with(36, 'x'), HasSubstr("holds no sound"));
}

TEST(Wav, StepsOverOtherChunksAndRefusesTooLong) {
  Buffer file = print_wav(tone(440, 20));
  const Bytes chunk = as_bytes({"LIST\x03\0\0\0abc\0", 12});
  file.insert(file.begin() + 36, chunk.begin(), chunk.end());
  EXPECT_EQ(parse_wav(file, "a")->size(), 20u);
  const Buffer huge = print_wav(std::vector<std::int16_t>(limits::prompt_seconds * 8000 + 1));
  EXPECT_THAT(parse_wav(huge, "a").error().what, HasSubstr("longer than 600 seconds"));
}

TEST(Tone, StandsOutOnlyAtItsFrequency) {
  const auto a = tone(1004, 800);
  EXPECT_GT(tone_ratio(a, 1004), 0.98);
  EXPECT_LT(tone_ratio(a, 1100), 0.05);
  EXPECT_EQ(tone_ratio(std::vector<std::int16_t>(800), 1004), 0);
  EXPECT_EQ(tone_ratio({}, 1004), 0);
  std::mt19937 random(3);
  std::vector<std::int16_t> noise(800);
  for (auto& sample : noise)
    sample = static_cast<std::int16_t>(static_cast<int>(random() % 16'000) - 8'000);
  EXPECT_LT(tone_ratio(noise, 1004), 0.1);
}

TEST(Tone, LongestStretch) {
  auto samples = std::vector<std::int16_t>(4000);
  const auto middle = tone(600, 4000);
  samples.insert(samples.end(), middle.begin(), middle.end());
  samples.resize(12'000);
  EXPECT_EQ(tone_ms(samples, 600), 500u);
  EXPECT_EQ(tone_ms(samples, 700), 0u);
}

std::vector<std::uint8_t> frame(std::int16_t value) {
  return std::vector<std::uint8_t>(160, encode_sample(Codec::pcmu, value));
}

TEST(Recorder, LaysPacketsOutByTimestamp) {
  Recorder recorder;
  recorder.add(1, 1000, Codec::pcmu, frame(1000));
  recorder.add(1, 1000 + 480, Codec::pcmu, frame(3000));  // two frames are missing
  recorder.add(1, 1000 + 160, Codec::pcmu, frame(2000));  // one comes late
  recorder.add(1, 900, Codec::pcmu, frame(-1));           // from before the start
  const Pcm pcm = recorder.take();
  ASSERT_EQ(pcm->size(), 640u);
  EXPECT_NEAR((*pcm)[0], 1000, 40);
  EXPECT_NEAR((*pcm)[160], 2000, 80);
  EXPECT_EQ((*pcm)[320], 0);
  EXPECT_NEAR((*pcm)[480], 3000, 120);
}

TEST(Recorder, ANewClockGoesOnAtTheEnd) {
  Recorder recorder;
  recorder.add(1, 1000, Codec::pcmu, frame(1000));
  recorder.add(2, 77'777'777, Codec::pcmu, frame(1000));
  recorder.add(2, 77'777'937, Codec::pcmu, frame(1000));
  recorder.add(2, 3'000'000'000, Codec::pcmu, frame(1000));
  EXPECT_EQ(recorder.take()->size(), 640u);
}

TEST(Recorder, IsBounded) {
  Recorder recorder;
  for (std::uint32_t at = 0; at < limits::recording_seconds * 8000 + 800'000; at += 79'840)
    recorder.add(1, at, Codec::pcmu, frame(1));
  EXPECT_LE(recorder.take()->size(), limits::recording_seconds * 8000);
}

}  // namespace
}  // namespace ringwall::media
