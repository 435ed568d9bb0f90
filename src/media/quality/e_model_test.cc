#include "media/quality/e_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

const CodecImpairment g711 = impairment_of(Codec::pcmu);

TEST(EModel, WithoutANetworkItIsTheDefaultOfG107) {
  EXPECT_DOUBLE_EQ(r_factor({}, g711), 93.2);
  EXPECT_NEAR(mean_opinion_score(93.2), 4.41, 0.005);
}

/// The points between the categories of user satisfaction (G.107 annex B, table B.1).
TEST(EModel, RatingsAreThoseOfTableB1) {
  const std::pair<double, double> rows[]{{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}};
  for (const auto& [r, mos] : rows)
    EXPECT_NEAR(mean_opinion_score(r), mos, 0.01) << r;
  EXPECT_EQ(mean_opinion_score(-5), 1.0);
  EXPECT_EQ(mean_opinion_score(0), 1.0);
  EXPECT_EQ(mean_opinion_score(120), 4.5);
}

TEST(EModel, RatingsNeverFallWhenRRises) {
  double before = 0;
  for (double r = 0; r <= 100; r += 0.25) {
    const double mos = mean_opinion_score(r);
    EXPECT_GE(mos, before) << r;
    EXPECT_GE(mos, 1.0);
    EXPECT_LE(mos, 4.5);
    before = mos;
  }
}

/// 5 % random loss: Ie,eff = 95 * 5 / (5 + 25.1) = 15.78.
TEST(EModel, RandomLossTakesAwayWhatEquation729Says) {
  EXPECT_NEAR(loss_impairment(0.05, 1, g711), 15.781, 0.001);
  EXPECT_NEAR(r_factor({.loss = 0.05}, g711), 77.419, 0.001);
  // A codec that has an impairment of its own and conceals less, G.729A of G.113 appendix I: 11 + 84 * 2 / (2 + 19).
  EXPECT_NEAR(loss_impairment(0.02, 1, {.ie = 11, .bpl = 19}), 19.0, 0.001);
  EXPECT_EQ(loss_impairment(0, 1, {.ie = 11, .bpl = 19}), 11.0);
}

/// The same loss in runs twice as long: 95 * 5 / (2.5 + 25.1) = 17.21.
TEST(EModel, LossInBurstsIsWorseThanRandomLoss) {
  EXPECT_NEAR(loss_impairment(0.05, 2, g711), 17.210, 0.001);
  EXPECT_EQ(loss_impairment(0.05, 0.5, g711), loss_impairment(0.05, 1, g711));
}

/// Idd by hand, with X = log2(Ta / 100 ms). X = 1: 25 * (2^(1/6) - 3 * (1 + 3^-6)^(1/6) + 2).
TEST(EModel, DelayTakesNothingAwayUpTo100MillisecondsAndThenMuch) {
  EXPECT_EQ(delay_impairment(0ms), 0.0);
  EXPECT_EQ(delay_impairment(100ms), 0.0);
  EXPECT_NEAR(delay_impairment(200ms), 25 * (std::pow(2.0, 1.0 / 6) - 3 * std::pow(1 + 1.0 / 729, 1.0 / 6) + 2), 1e-9);
  EXPECT_NEAR(delay_impairment(200ms), 3.045, 0.005);
  EXPECT_NEAR(delay_impairment(400ms), 24.09, 0.05);
  EXPECT_GT(delay_impairment(1s), 40.0);
}

TEST(EModel, RStaysWithinItsRange) {
  EXPECT_EQ(r_factor({.loss = 1, .one_way = 5s}, g711), 0.0);
  EXPECT_GE(r_factor({.loss = 7, .burst_ratio = 100}, g711), 0.0);
  EXPECT_LE(r_factor({.loss = -1}, g711), 93.2);
}

}  // namespace
}  // namespace ringwall::media
