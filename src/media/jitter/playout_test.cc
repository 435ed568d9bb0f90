#include "media/jitter/playout.h"

#include <gtest/gtest.h>

#include "media/codec/frame_encoder.h"
#include "media/codec/g711.h"
#include "media/codec/sound_for_test.h"
#include "media/jitter/impaired_path_for_test.h"
#include "media/jitter/time_scale.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

/// Sends a sound through a codec and a network, and plays it at the other end.
struct Journey {
  explicit Journey(Codec codec, ImpairedPath::Faults faults = {})
      : facts(media::facts(codec)), encoder(codec, {}), path(faults), playout(codec) {}

  /// `drift`: how much faster the sender's clock runs than ours.
  void play(std::span<const std::int16_t> sound, double drift = 0) {
    const std::size_t frame = facts.frame_samples();
    const auto interval = std::chrono::nanoseconds(static_cast<std::int64_t>(20e6 / (1 + drift)));
    for (Time next_send = now; sound.size() >= frame; now += 1ms) {
      if (now >= next_send) {
        path.send({.sequence = sequence++, .timestamp = timestamp, .ssrc = 9},
                  encoder.encode(sound.first(frame), facts.sample_rate), now);
        timestamp += facts.frame_clock();
        sound = sound.subspan(frame);
        next_send += interval;
      }
      for (const auto& packet : path.arrived(now))
        playout.put(packet.header, JitterBuffer::Content::audio, packet.payload, now);
      if (now >= next_tick) {
        next_tick += 20ms;
        const auto got = playout.get(now);
        heard.insert(heard.end(), got.begin(), got.end());
        most_delay_ms = std::max(most_delay_ms, playout.buffer().delay_ms(now));
      }
    }
  }
  [[nodiscard]] double share_of_tone(double hz) const {
    return static_cast<double>(tone_blocks(hz)) / (static_cast<double>(heard.size()) / (facts.sample_rate / 20));
  }
  [[nodiscard]] std::size_t tone_blocks(double hz) const {
    const std::size_t block = facts.sample_rate / 20;
    std::size_t found = 0;
    for (std::size_t at = 0; at + block <= heard.size(); at += block)
      found += tone_ratio(std::span(heard).subspan(at, block), hz, facts.sample_rate) >= 0.8;
    return found;
  }

  const CodecFacts& facts;
  FrameEncoder encoder;
  ImpairedPath path;
  Playout playout;
  Time now = Time{} + 1h, next_tick = now + 7ms;
  std::uint16_t sequence = 65'000;
  std::uint32_t timestamp = 0xfffff000;
  std::vector<std::int16_t> heard;
  double most_delay_ms = 0;
};

class PlayoutOf : public ::testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Playout, PlayoutOf, ::testing::Values(Codec::pcmu, Codec::g722, Codec::opus, Codec::l16),
                         [](const auto& test) { return std::string(print(test.param)); });

TEST_P(PlayoutOf, AnEvenStreamIsPlayedSoonAndWhole) {
  Journey journey(GetParam());
  journey.play(sine(600, journey.facts.sample_rate, 10 * journey.facts.sample_rate));
  EXPECT_GE(journey.share_of_tone(600), 0.97);
  EXPECT_EQ(journey.playout.buffer().counts().lost, 0u);
  EXPECT_LE(journey.most_delay_ms, 60);
  EXPECT_LE(journey.playout.buffer().delay_ms(journey.now), 30);
}

TEST_P(PlayoutOf, AToneSurvivesLossReorderingAndJitter) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    Journey journey(GetParam(), {.loss = 0.10, .copies = 0.02, .jitter_ms = 60, .seed = seed});
    journey.play(sine(600, journey.facts.sample_rate, 20 * journey.facts.sample_rate));
    // Opus shapes a lone tone by its idea of a voice; the others keep it as it is.
    EXPECT_GE(journey.share_of_tone(600), GetParam() == Codec::opus ? 0.60 : 0.80) << "seed " << seed;
    const auto& counts = journey.playout.buffer().counts();
    EXPECT_NEAR(static_cast<double>(counts.lost), 100, 60) << "seed " << seed;
    EXPECT_LE(counts.late, 30u) << "seed " << seed;
    EXPECT_GT(counts.duplicate, 5u);
    EXPECT_LE(journey.most_delay_ms, 160) << "seed " << seed;
  }
}

TEST_P(PlayoutOf, BurstsAreBridgedAndTheDelayComesBack) {
  Journey journey(GetParam(), {.loss = 0.08, .burst = 8});
  journey.play(sine(600, journey.facts.sample_rate, 30 * journey.facts.sample_rate));
  EXPECT_GE(journey.share_of_tone(600), 0.80);
  EXPECT_LE(journey.playout.buffer().delay_ms(journey.now), 80);
}

TEST_P(PlayoutOf, KeepsPaceWithADriftingClock) {
  for (const double drift : {-0.001, 0.001}) {  // 1000 ppm, ten times what clocks do
    Journey journey(GetParam());
    journey.play(sine(600, journey.facts.sample_rate, 60 * journey.facts.sample_rate), drift);
    EXPECT_GE(journey.share_of_tone(600), 0.95) << drift;
    EXPECT_LE(journey.playout.buffer().delay_ms(journey.now), 60) << drift;
    EXPECT_EQ(journey.playout.buffer().counts().lost, 0u) << drift;
    EXPECT_LE(journey.playout.concealed_ms(), 300u) << drift;
  }
}

TEST(Playout, PacketsOfOtherLengthsAreEvenedOut) {
  for (const std::size_t ms : {10, 30, 60}) {
    Playout playout(Codec::pcma);
    const auto sound = sine(600, 8'000, 80'000);
    std::vector<std::int16_t> heard;
    Time now = Time{} + 1h;
    std::uint16_t sequence = 0;
    for (std::size_t at = 0; at + 8 * ms <= sound.size(); now += 1ms) {
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - Time{} - 1h).count();
      if (elapsed % static_cast<int>(ms) == 0) {
        Buffer payload(8 * ms);
        encode(Codec::pcma, std::span(sound).subspan(at, 8 * ms), payload);
        playout.put({.sequence = sequence++, .timestamp = static_cast<std::uint32_t>(at)}, JitterBuffer::Content::audio,
                    payload, now);
        at += 8 * ms;
      }
      if (elapsed % 20 == 13) {
        const auto got = playout.get(now);
        heard.insert(heard.end(), got.begin(), got.end());
      }
    }
    EXPECT_GE(tone_ms(heard, 600), 9'000u) << ms;
    EXPECT_EQ(playout.buffer().counts().lost, 0u);
  }
}

TEST(Playout, ComfortNoiseFillsAPause) {
  Playout playout(Codec::pcmu);
  Time now = Time{} + 1h;
  const auto sound = sine(600, 8'000, 160 * 50);
  std::uint16_t sequence = 0;
  std::vector<std::int16_t> heard;
  for (int i = 0; i < 200; ++i, now += 20ms) {
    const auto timestamp = static_cast<std::uint32_t>(i) * 160;
    if (i < 50) {
      Buffer payload(160);
      encode(Codec::pcmu, std::span(sound).subspan(static_cast<std::size_t>(i) * 160, 160), payload);
      playout.put({.sequence = sequence++, .timestamp = timestamp}, JitterBuffer::Content::audio, payload, now);
    } else if (i == 50) {
      const Buffer noise{45, 200, 127};
      playout.put({.sequence = sequence++, .timestamp = timestamp}, JitterBuffer::Content::comfort_noise, noise, now);
    }
    const auto got = playout.get(now);
    if (i >= 100) heard.insert(heard.end(), got.begin(), got.end());
  }
  EXPECT_TRUE(playout.noise());
  const ComfortNoise measured = measure_noise(heard);
  EXPECT_NEAR(measured.level, 45, 2);
  EXPECT_NEAR(measured.reflection[0], 73 * 258.0 / 32'768, 0.05);
}

TEST(TimeScale, TakesAndGivesWholePeriods) {
  for (const std::uint32_t rate : {8'000u, 16'000u}) {
    auto sound = sine(200, rate, rate / 25 + rate / 100);
    const std::size_t count = rate / 25, shorter = count - shorten(std::span(sound).first(count), rate);
    EXPECT_EQ((count - shorter) % (rate / 200), 0u);
    EXPECT_GE(tone_ratio(std::span(sound).first(shorter), 200, rate), 0.98);
    auto other = sine(200, rate, count + rate / 100);
    const std::size_t longer = count + lengthen(other, count, rate);
    EXPECT_EQ((longer - count) % (rate / 200), 0u);
    EXPECT_GE(tone_ratio(std::span(other).first(longer), 200, rate), 0.98);
  }
}

}  // namespace
}  // namespace ringwall::media
