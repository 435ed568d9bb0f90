#include "media/rtp/loss_pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>

namespace ringwall::media {
namespace {

/// Feeds a stream, where 'x' is a lost packet, and enough behind it that all of it is decided.
LossPattern::Figures figures_of(std::string_view stream) {
  LossPattern pattern;
  int distance = 1;
  for (const char c : stream) {
    if (c == 'x') {
      ++distance;
    } else {
      pattern.receive(distance);
      distance = 1;
    }
  }
  pattern.restart();
  return pattern.figures();
}

std::string came(std::size_t count) {
  return std::string(count, '.');
}

TEST(LossPattern, WithoutLossAllIsOneGap) {
  const auto figures = figures_of(came(100));
  EXPECT_EQ(figures.packets, 100u);
  EXPECT_EQ(figures.lost, 0u);
  EXPECT_EQ(figures.gap_packets, 100.0);
  EXPECT_EQ(figures.burst_packets, 0.0);
  EXPECT_EQ(figures.burst_ratio, 1.0);
}

TEST(LossPattern, ALossThatStandsAloneLiesInAGap) {
  const auto figures = figures_of(came(20) + "x" + came(20) + "x" + came(20));
  EXPECT_EQ(figures.lost, 2u);
  EXPECT_EQ(figures.burst_packets, 0.0);
  EXPECT_EQ(figures.gap_packets, 62.0);
  EXPECT_DOUBLE_EQ(figures.gap_density, 2.0 / 62.0);
}

/// "A gap of 15 between losses does not end a burst, one of 16 does."
TEST(LossPattern, SixteenPacketsInARowEndABurst) {
  EXPECT_EQ(figures_of(came(20) + "x" + came(15) + "x" + came(20)).burst_packets, 17.0);
  EXPECT_EQ(figures_of(came(20) + "x" + came(16) + "x" + came(20)).burst_packets, 0.0);
}

TEST(LossPattern, BurstsAndGapsHaveTheirOwnDensities) {
  // Two bursts of 4 packets with 3 losses each; 60 packets in three gaps.
  const auto figures = figures_of(came(20) + "x.xx" + came(20) + "xx.x" + came(20));
  EXPECT_EQ(figures.packets, 68u);
  EXPECT_EQ(figures.lost, 6u);
  EXPECT_EQ(figures.burst_packets, 4.0);
  EXPECT_EQ(figures.gap_packets, 20.0);
  EXPECT_DOUBLE_EQ(figures.burst_density, 0.75);
  EXPECT_EQ(figures.gap_density, 0.0);
}

TEST(LossPattern, PacketsOutOfOrderAreNotLost) {
  LossPattern pattern;
  for (int i = 0; i < 50; ++i) {
    pattern.receive(2);
    pattern.receive(-1);
  }
  EXPECT_EQ(pattern.figures().lost, 0u);
}

TEST(LossPattern, PacketsThatComeFarTooLateAreLost) {
  LossPattern pattern;
  for (int i = 0; i < 20; ++i)
    pattern.receive(1);
  pattern.receive(2);
  for (int i = 0; i < 10; ++i)
    pattern.receive(1);
  pattern.receive(-11);
  EXPECT_EQ(pattern.figures().lost, 1u);
}

/// A seeded stream with 5 % random loss: its runs are as long as random ones are.
TEST(LossPattern, RandomLossHasABurstRatioOfOne) {
  std::mt19937 random(20'261'122);
  std::string stream;
  for (int i = 0; i < 200'000; ++i)
    stream += random() % 100 < 5 ? 'x' : '.';
  const auto figures = figures_of(stream + '.');
  EXPECT_NEAR(figures.loss(), 0.05, 0.002);
  EXPECT_NEAR(figures.burst_ratio, 1.0, 0.02);
}

/// Runs of four: mean length 4 where random loss of 10 % had 1.11.
TEST(LossPattern, LossInRunsHasAHigherBurstRatio) {
  std::string stream;
  for (int i = 0; i < 100; ++i)
    stream += "xxxx" + came(36);
  EXPECT_NEAR(figures_of(stream).burst_ratio, 3.6, 0.05);
}

}  // namespace
}  // namespace ringwall::media
