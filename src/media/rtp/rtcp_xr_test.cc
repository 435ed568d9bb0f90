#include "media/rtp/rtcp_xr.h"

#include <gtest/gtest.h>

#include "media/rtp/rtcp.h"

namespace ringwall::media {
namespace {

const VoipMetrics metrics{.ssrc = 0x01020304,
                          .loss_rate = 12,
                          .discard_rate = 1,
                          .burst_density = 200,
                          .gap_density = 3,
                          .burst_duration_ms = 80,
                          .gap_duration_ms = 4000,
                          .round_trip_ms = 35,
                          .end_system_delay_ms = 60,
                          .r_factor = 77,
                          .mos_listening = 39,
                          .mos_conversational = 38,
                          .receiver_configuration = 0xf0,
                          .jitter_buffer_ms = 40,
                          .jitter_buffer_largest_ms = 80,
                          .jitter_buffer_limit_ms = 300};

Buffer written(const RtcpReport& report) {
  Buffer out(512);
  out.resize(write_rtcp(out, report));
  return out;
}

/// Byte for byte as the figure of RFC 3611 section 4.7 has it.
TEST(RtcpXr, IsWrittenAsTheFigureSays) {
  Buffer out(44);
  RtcpWriter writer(out);
  write_voip_metrics(writer, 0x0a0b0c0d, metrics);
  const Buffer expected{0x80, 207, 0,  10,  0x0a, 0x0b, 0x0c, 0x0d, 7,    0,  0,  8,  1,    2,   3,
                        4,    12,  1,  200, 3,    0,    80,   0x0f, 0xa0, 0,  35, 0,  60,   127, 127,
                        127,  16,  77, 127, 39,   38,   0xf0, 0,    0,    40, 0,  80, 0x01, 0x2c};
  ASSERT_EQ(writer.size(), 44u);
  EXPECT_EQ(out, expected);
}

TEST(RtcpXr, IsReadFromACompound) {
  const Buffer packet = written({.ssrc = 9, .block = ReportBlock{.ssrc = 0x01020304}, .cname = "c", .voip = metrics});
  const auto read = parse_rtcp(packet, 0x01020304);
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->voip_about_us);
  EXPECT_EQ(*read->voip_about_us, metrics);
  EXPECT_TRUE(read->about_us);
  EXPECT_FALSE(parse_rtcp(packet, 0x01020305)->voip_about_us);
}

TEST(RtcpXr, OtherBlocksAreSteppedOver) {
  Buffer body{0, 0, 0, 9, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};  // a receiver reference time (section 4.4)
  Buffer report(44);
  RtcpWriter writer(report);
  write_voip_metrics(writer, 9, metrics);
  body.insert(body.end(), report.begin() + 8, report.end());
  EXPECT_EQ(find_voip_metrics(body, metrics.ssrc), metrics);
}

TEST(RtcpXr, ABlockThatIsTooShortOrCutOffIsNotRead) {
  Buffer report(44);
  RtcpWriter writer(report);
  write_voip_metrics(writer, 9, metrics);
  const Buffer body(report.begin() + 4, report.end());
  EXPECT_TRUE(find_voip_metrics(body, metrics.ssrc));
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(find_voip_metrics(Bytes(body).first(size), metrics.ssrc)) << size;
  Buffer shorter = body;
  shorter[7] = 7;
  EXPECT_FALSE(find_voip_metrics(shorter, metrics.ssrc));
}

/// RFC 5506 section 3.4: a feedback or extended report may come alone.
TEST(RtcpXr, AReportMayComeAlone) {
  Buffer report(44);
  RtcpWriter writer(report);
  write_voip_metrics(writer, 9, metrics);
  const auto read = parse_rtcp(report, metrics.ssrc);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ssrc, 9u);
  EXPECT_TRUE(read->voip_about_us);
  report[1] = 202;  // a source description may not
  EXPECT_FALSE(parse_rtcp(report, metrics.ssrc));
}

}  // namespace
}  // namespace ringwall::media
