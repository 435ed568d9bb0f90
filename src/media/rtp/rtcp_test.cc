#include "media/rtp/rtcp.h"

#include <gtest/gtest.h>

#include "media/rtp/statistics.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

const Time start = Time{} + 1'000'000ms;

Buffer written(const RtcpReport& report) {
  Buffer out(512);
  out.resize(write_rtcp(out, report));
  return out;
}

TEST(Rtcp, ReadsWhatItWrites) {
  const RtcpReport report{
      .ssrc = 7,
      .sender = SenderInfo{.ntp = 0x1122334455667788, .rtp_timestamp = 160, .packets = 9, .bytes = 1440},
      .block = ReportBlock{.ssrc = 8,
                           .fraction_lost = 64,
                           .cumulative_lost = 0x010203,
                           .highest_sequence = 0x1ffff,
                           .jitter = 5,
                           .last_sender_report = 6,
                           .delay_since_last_sender_report = 65536},
      .cname = "0123456789abcdef",
      .bye = true};
  const Buffer packet = written(report);
  EXPECT_EQ(packet.size() % 4, 0u);
  const auto read = parse_rtcp(packet, 8);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ssrc, 7u);
  ASSERT_TRUE(read->sender);
  EXPECT_EQ(read->sender->ntp, 0x1122334455667788u);
  EXPECT_EQ(read->sender->packets, 9u);
  ASSERT_TRUE(read->about_us);
  EXPECT_EQ(read->about_us->cumulative_lost, 0x010203u);
  EXPECT_EQ(read->about_us->delay_since_last_sender_report, 65536u);
  EXPECT_TRUE(read->bye);
  EXPECT_FALSE(parse_rtcp(packet, 9)->about_us);
}

TEST(Rtcp, EveryTruncationIsRefused) {
  const Buffer packet = written({.ssrc = 7, .block = ReportBlock{.ssrc = 8}, .cname = "c"});
  const std::size_t first = 32;  // the receiver report alone is a compound that can be read
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_EQ(parse_rtcp(Bytes(packet).first(size), 8).has_value(), size == first) << size;
}

TEST(Rtcp, MoreBlocksThanBytesAreNotRead) {
  Buffer packet = written({.ssrc = 7, .block = ReportBlock{.ssrc = 8}, .cname = "c"});
  packet[0] = 0x80 | 31;
  EXPECT_TRUE(parse_rtcp(packet, 8)->about_us);
  packet[1] = 200;  // as a sender report the block is eaten by the sender information
  EXPECT_FALSE(parse_rtcp(packet, 8)->about_us);
}

TEST(Rtcp, MustBeginWithAReport) {
  Buffer packet = written({.ssrc = 7, .cname = "c"});
  packet[1] = 202;
  EXPECT_FALSE(parse_rtcp(packet, 8));
  EXPECT_FALSE(parse_rtcp({}, 8));
}

TEST(RoundTrip, IsTheTimeNotSpentAtThePeer) {
  const ReportBlock block{.last_sender_report = ntp_middle(ntp_time(start)),
                          .delay_since_last_sender_report = 65'536 / 2};
  EXPECT_NEAR(*round_trip_ms(block, start + 620ms), 120, 0.1);
  EXPECT_FALSE(round_trip_ms(block, start + 100ms));  // it says it waited longer than has passed
  EXPECT_FALSE(round_trip_ms({}, start));
}

RtpHeader packet(std::uint32_t sequence, std::uint32_t ssrc = 1) {
  return {.sequence = static_cast<std::uint16_t>(sequence), .timestamp = sequence * 160, .ssrc = ssrc};
}

TEST(Statistics, CountsLossOverTheWrap) {
  ReceiverStatistics statistics;
  for (std::uint32_t i = 65'500; i < 65'600; ++i)
    if (i % 10 != 0) statistics.receive(packet(i), start + i * 20ms, true);
  EXPECT_EQ(statistics.lost(), 9u);  // 65500 itself was never expected
  const ReportBlock block = statistics.report();
  EXPECT_EQ(block.cumulative_lost, 9u);
  EXPECT_EQ(block.highest_sequence, 65'599u);
  EXPECT_EQ(block.fraction_lost, 9 * 256 / 99);
  EXPECT_EQ(statistics.report().fraction_lost, 0);
}

TEST(Statistics, LateIsNotLost) {
  ReceiverStatistics statistics;
  for (const std::uint32_t i : {10u, 12u, 11u, 9u, 13u})
    statistics.receive(packet(i), start, true);
  EXPECT_EQ(statistics.lost(), 0u);
}

TEST(Statistics, ANewSourceKeepsTheOldLoss) {
  ReceiverStatistics statistics;
  statistics.receive(packet(1), start, true);
  statistics.receive(packet(4), start, true);
  statistics.receive(packet(40'000, 2), start, true);
  statistics.receive(packet(40'002, 2), start, true);
  EXPECT_EQ(statistics.lost(), 3u);
  EXPECT_EQ(statistics.ssrc(), 2u);
}

TEST(Statistics, JitterIsZeroForAnEvenStreamAndGrowsWithUnevenness) {
  ReceiverStatistics even, uneven;
  for (std::uint32_t i = 0; i < 500; ++i) {
    even.receive(packet(i), start + i * 20ms, true);
    uneven.receive(packet(i), start + i * 20ms + (i % 2) * 8ms, true);
  }
  EXPECT_NEAR(even.jitter_ms(), 0, 0.01);
  EXPECT_NEAR(uneven.jitter_ms(), 8, 0.1);
}

}  // namespace
}  // namespace ringwall::media
