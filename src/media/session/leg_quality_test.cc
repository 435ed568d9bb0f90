#include <gtest/gtest.h>

#include <random>

#include "media/quality/e_model.h"
#include "media/session/leg_world_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;

/// Two legs that send to each other; `percent` of what 1 sends is lost.
struct LossyPath : World {
  explicit LossyPath(unsigned percent) {
    add(1);
    add(2);
    connect(1, 2, Suite::aead_aes_256_gcm);
    loses = [percent, random = std::mt19937(20'261'122)](const Sent& sent) mutable {
      return sent.from == 1 && !sent.rtcp && random() % 100 < percent;
    };
  }
};

TEST(LegQuality, NothingIsRatedBeforeAPacketCame) {
  World world;
  const LegReport report = world.add(1).report();
  EXPECT_EQ(report.mos, 0.0);
  EXPECT_EQ(report.r_factor, 0.0);
  EXPECT_FALSE(report.heard_by_peer);
}

TEST(LegQuality, BothSidesOfACleanCallHearItAsWellAsATelephoneLine) {
  World world;
  Leg &a = world.add(1), &b = world.add(2);
  world.connect(1, 2, Suite::aead_aes_128_gcm);
  world.run(30s);
  for (const Leg* leg : {&a, &b}) {
    const LegReport report = leg->report();
    EXPECT_DOUBLE_EQ(report.r_factor, 93.2);
    EXPECT_NEAR(report.mos, 4.41, 0.005);
    ASSERT_TRUE(report.heard_by_peer);
    EXPECT_EQ(report.heard_by_peer->lost, 0u);
    EXPECT_NEAR(report.heard_by_peer->mos, 4.4, 0.001);  // as the peer's XR says it, in tenths
  }
}

/// 10 % of random loss: Ie,eff = 95 * 10 / (10 + 25.1) = 27.1, R = 66.1, MOS = 3.41.
TEST(LegQuality, LossIsRatedWhereItIsHeardAndToldToTheSender) {
  LossyPath world(10);
  world.run(10min);
  const LegReport hears = world.at(2).report(), sends = world.at(1).report();
  EXPECT_NEAR(static_cast<double>(hears.lost) / 30'000.0, 0.10, 0.01);
  EXPECT_NEAR(hears.r_factor, 66.1, 2.0);
  EXPECT_NEAR(hears.mos, mean_opinion_score(66.1), 0.1);
  EXPECT_NEAR(sends.mos, 4.41, 0.005);
  ASSERT_TRUE(sends.heard_by_peer);
  EXPECT_NEAR(sends.heard_by_peer->mos, hears.mos, 0.1);
  EXPECT_NEAR(sends.heard_by_peer->loss_percent, 10.0, 8.0);  // of the last five seconds only
  EXPECT_NEAR(static_cast<double>(sends.heard_by_peer->lost), static_cast<double>(hears.lost), 60.0);
  ASSERT_TRUE(hears.heard_by_peer);
  EXPECT_EQ(hears.heard_by_peer->lost, 0u);
}

/// RFC 3550 section 6.3.1: between 0.5 and 1.5 times 5 s, over e - 3/2.
TEST(LegQuality, ReportsComeInIntervalsThatVary) {
  World world;
  world.add(1);
  world.add(2);
  world.connect(1, 2, Suite::aead_aes_256_gcm);
  std::vector<Time> reports;
  for (int frames = 0; frames < 10 * 60 * 50; ++frames) {
    world.run(20ms);
    for (const auto& sent : world.wire)
      if (sent.rtcp && sent.from == 1) reports.push_back(world.now);
    world.wire.clear();
  }
  ASSERT_GE(reports.size(), 10u * 60 / 7);
  Duration shortest = 1h, longest{0};
  for (std::size_t i = 1; i < reports.size(); ++i) {
    shortest = std::min<Duration>(shortest, reports[i] - reports[i - 1]);
    longest = std::max<Duration>(longest, reports[i] - reports[i - 1]);
  }
  EXPECT_GE(shortest, 2040ms);
  EXPECT_LE(longest, 6180ms);
  EXPECT_LT(shortest, 3s);
  EXPECT_GT(longest, 5s);
}

}  // namespace
}  // namespace ringwall::media
