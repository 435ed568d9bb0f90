#include "media/codec/comfort_noise.h"

#include <gtest/gtest.h>

#include <random>

#include "media/codec/sound_for_test.h"

namespace ringwall::media {
namespace {

double level_of(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples)
    sum += sample * sample;
  return 10 * std::log10(std::max(sum / static_cast<double>(samples.size()), 1e-9) / (32'768.0 * 32'768.0));
}

TEST(ComfortNoise, ReadsLevelAndCoefficients) {
  EXPECT_FALSE(parse_comfort_noise({}));
  const Buffer payload{0xc0 | 40, 127, 254, 0};
  const auto noise = parse_comfort_noise(payload);
  ASSERT_TRUE(noise);
  EXPECT_EQ(noise->level, 0x40 | 40);  // the first bit means nothing (RFC 3389 section 3.1)
  ASSERT_EQ(noise->order, 3u);
  EXPECT_DOUBLE_EQ(noise->reflection[0], 0);
  EXPECT_GT(noise->reflection[1], 0.97);
  EXPECT_LT(noise->reflection[2], -0.97);
  EXPECT_EQ(parse_comfort_noise(Buffer(200, 0xff))->order, comfort_noise_order);
}

TEST(ComfortNoise, IsAsLoudAsItSays) {
  for (const std::uint8_t level : {30, 50, 70}) {
    ComfortNoiseGenerator generator;
    generator.set({.level = level, .reflection = {0.7, -0.3}, .order = 2});
    std::vector<std::int16_t> out(16'000);
    generator.fill(out);
    EXPECT_NEAR(level_of(std::span(out).subspan(4'000)), -level, 1.5);
  }
}

TEST(ComfortNoise, WhatIsMeasuredSoundsAlike) {
  std::mt19937 random(3);
  std::normal_distribution<double> white(0, 300);
  std::vector<std::int16_t> hum(8'000);
  double before = 0;
  for (auto& sample : hum) {
    before = 0.9 * before + white(random);  // low-pass: a room, not a hiss
    sample = static_cast<std::int16_t>(before);
  }
  const ComfortNoise measured = measure_noise(hum);
  EXPECT_NEAR(measured.reflection[0], 0.9, 0.03);
  std::array<std::uint8_t, 1 + comfort_noise_order> payload;
  const auto received = parse_comfort_noise(Bytes(payload).first(print(measured, payload)));
  ASSERT_TRUE(received);
  ComfortNoiseGenerator generator;
  generator.set(*received);
  std::vector<std::int16_t> out(16'000);
  generator.fill(out);
  const ComfortNoise again = measure_noise(std::span(out).subspan(8'000));
  EXPECT_NEAR(again.level, measured.level, 2);
  EXPECT_NEAR(again.reflection[0], measured.reflection[0], 0.05);
}

TEST(ComfortNoise, SilenceIsSilent) {
  EXPECT_EQ(measure_noise(std::vector<std::int16_t>(160)).level, 127);
  ComfortNoiseGenerator generator;
  std::vector<std::int16_t> out(160, 5);
  generator.fill(out);
  EXPECT_EQ(out, std::vector<std::int16_t>(160));
}

}  // namespace
}  // namespace ringwall::media
