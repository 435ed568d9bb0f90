#include "media/quality/reception.h"

#include <gtest/gtest.h>

#include <random>

#include "media/rtp/statistics.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

TEST(Reception, WithoutLossOnAShortWayItIsAsGoodAsATelephoneLine) {
  const Rating rating = rate({.jitter_ms = 1, .round_trip_ms = 20});
  EXPECT_DOUBLE_EQ(rating.r, 93.2);
  EXPECT_NEAR(rating.mos, 4.41, 0.005);
}

/// 400 ms there and back, 20 ms in the packet and 20 in the buffer: 240 ms, Idd = 6.48.
TEST(Reception, DelayHurtsAConversationButNotAListener) {
  const Rating rating = rate({.round_trip_ms = 400});
  EXPECT_NEAR(rating.r, 93.2 - delay_impairment(240ms), 1e-6);
  EXPECT_LT(rating.mos, rating.listening_mos);
  EXPECT_NEAR(rating.listening_mos, 4.41, 0.005);
}

/// A seeded path that loses 5 % at random, through the statistics that a leg has: Ie,eff = 15.8, R = 77.4, MOS = 3.93.
TEST(Reception, FivePercentOfRandomLossCostHalfAPoint) {
  std::mt19937 random(4);
  ReceiverStatistics statistics;
  Time now = Time{} + 1h;
  for (unsigned i = 0; i < 100'000; ++i, now += 20ms) {
    if (random() % 100 < 5) continue;
    statistics.receive({.sequence = static_cast<std::uint16_t>(i), .timestamp = i * 160, .ssrc = 7}, now, true);
  }
  const Rating rating =
      rate({.ssrc = 7, .losses = statistics.losses(), .jitter_ms = statistics.jitter_ms(), .round_trip_ms = 40});
  EXPECT_NEAR(rating.r, 77.4, 0.8);
  EXPECT_NEAR(rating.mos, 3.93, 0.04);
}

TEST(Reception, TheBlockSaysWhatTheFiguresSay) {
  const VoipMetrics block = voip_metrics({.ssrc = 9,
                                          .losses = {.packets = 1000,
                                                     .lost = 50,
                                                     .burst_density = 0.75,
                                                     .gap_density = 0.01,
                                                     .burst_packets = 4,
                                                     .gap_packets = 200},
                                          .jitter_ms = 15,
                                          .round_trip_ms = 80.4});
  EXPECT_EQ(block.ssrc, 9u);
  EXPECT_EQ(block.loss_rate, 12);  // 256 * 0.05 = 12.8, cut off
  EXPECT_EQ(block.discard_rate, 0);
  EXPECT_EQ(block.burst_density, 192);
  EXPECT_EQ(block.gap_density, 2);
  EXPECT_EQ(block.burst_duration_ms, 80);
  EXPECT_EQ(block.gap_duration_ms, 4000);
  EXPECT_EQ(block.round_trip_ms, 80);
  EXPECT_EQ(block.end_system_delay_ms, 50);
  EXPECT_EQ(block.gap_minimum, 16);
  EXPECT_EQ(block.r_factor, 77);
  EXPECT_EQ(block.mos_listening, 39);
  EXPECT_EQ(block.external_r_factor, VoipMetrics::unavailable);
}

TEST(Reception, ThePeersReportSaysHowWeAreHeard) {
  const ReportBlock block{.fraction_lost = 64, .cumulative_lost = 300, .jitter = 80};
  const HeardByPeer heard = heard_by_peer(block, std::nullopt, Codec::pcma, 20);
  EXPECT_EQ(heard.lost, 300u);
  EXPECT_DOUBLE_EQ(heard.loss_percent, 25.0);
  EXPECT_DOUBLE_EQ(heard.jitter_ms, 10.0);
  EXPECT_NEAR(heard.mos, mean_opinion_score(93.2 - 95 * 25 / 50.1), 0.001);
  EXPECT_DOUBLE_EQ(heard_by_peer(block, std::nullopt, Codec::opus, 20).jitter_ms, 80 / 48.0);
}

TEST(Reception, ThePeersOwnRatingCountsIfItIsOne) {
  VoipMetrics metrics{.mos_conversational = 36};
  EXPECT_DOUBLE_EQ(heard_by_peer({}, metrics, Codec::pcmu, 0).mos, 3.6);
  for (const std::uint8_t nonsense : {0, 9, 51, 127, 255}) {
    metrics.mos_conversational = nonsense;
    EXPECT_NEAR(heard_by_peer({}, metrics, Codec::pcmu, 0).mos, 4.41, 0.005) << int{nonsense};
  }
}

TEST(Reception, MoreCopiesThanLossesAreNoLoss) {
  EXPECT_EQ(heard_by_peer({.cumulative_lost = 0xff'fffe}, std::nullopt, Codec::pcmu, 0).lost, 0u);
}

}  // namespace
}  // namespace ringwall::media
