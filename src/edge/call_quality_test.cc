#include "edge/call_quality.h"

#include <gtest/gtest.h>

#include <map>

namespace ringwall::edge {
namespace {

std::map<std::string, std::string> detail_of(const media::LegReport& report) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : quality_detail("caller", report))
    out.emplace(name, value);
  return out;
}

TEST(CallQuality, SaysHowBothSidesHeardEachOther) {
  media::LegReport report;
  report.received.packets = 950;
  report.lost = 50;
  report.jitter_ms = 3.14;
  report.round_trip_ms = 41.06;
  report.r_factor = 77.4;
  report.mos = 3.926;
  report.heard_by_peer = media::HeardByPeer{.lost = 2, .loss_percent = 0.2, .jitter_ms = 1.25, .mos = 4.3};
  EXPECT_EQ(detail_of(report), (std::map<std::string, std::string>{{"side", "caller"},
                                                                   {"received", "950"},
                                                                   {"lost", "50"},
                                                                   {"jitter_ms", "3.1"},
                                                                   {"round_trip_ms", "41.1"},
                                                                   {"r_factor", "77.4"},
                                                                   {"mos", "3.93"},
                                                                   {"peer_lost", "2"},
                                                                   {"peer_jitter_ms", "1.2"},
                                                                   {"peer_mos", "4.30"}}));
}

TEST(CallQuality, RatesNothingThatWasNotHeard) {
  const auto detail = detail_of({});
  EXPECT_EQ(detail.at("received"), "0");
  EXPECT_FALSE(detail.contains("mos"));
  EXPECT_FALSE(detail.contains("peer_mos"));
}

}  // namespace
}  // namespace ringwall::edge
