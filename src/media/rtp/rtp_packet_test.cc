#include "media/rtp/rtp_packet.h"

#include <gtest/gtest.h>

namespace ringwall::media {
namespace {

TEST(RtpHeader, ReadsWhatItWrites) {
  Buffer packet(rtp_fixed_header + 3, 0x11);
  write_rtp_header(
      packet, {.marker = true, .payload_type = 101, .sequence = 0xfedc, .timestamp = 0x01020304, .ssrc = 0xa0b0c0d0});
  const auto header = parse_rtp_header(packet);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->marker);
  EXPECT_FALSE(header->padding);
  EXPECT_EQ(header->payload_type, 101);
  EXPECT_EQ(header->sequence, 0xfedc);
  EXPECT_EQ(header->timestamp, 0x01020304u);
  EXPECT_EQ(header->ssrc, 0xa0b0c0d0u);
  EXPECT_EQ(header->size, rtp_fixed_header);
  EXPECT_EQ(rtp_payload(packet, *header)->size(), 3u);
}

TEST(RtpHeader, StepsOverCsrcAndExtension) {
  Buffer packet(12 + 8 + 4 + 4 + 2);
  packet[0] = 0x80 | 0x10 | 2;
  packet[12 + 8 + 3] = 1;  // one word of extension
  const auto header = parse_rtp_header(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->size, 28u);
  packet[12 + 8 + 2] = 0xff;  // an extension longer than the packet
  EXPECT_FALSE(parse_rtp_header(packet));
}

TEST(RtpHeader, RefusesWhatIsNotRtp) {
  EXPECT_FALSE(parse_rtp_header({}));
  EXPECT_FALSE(parse_rtp_header(Buffer(11, 0x80)));
  EXPECT_FALSE(parse_rtp_header(Buffer(12, 0x40)));
  EXPECT_FALSE(parse_rtp_header(Buffer(12, 0x8f)));  // 15 CSRC that are not there
}

TEST(RtpPayload, TakesPaddingOff) {
  Buffer packet(rtp_fixed_header + 8);
  packet[0] = 0xa0;
  const auto header = parse_rtp_header(packet);
  EXPECT_FALSE(rtp_payload(packet, *header));  // a count of 0
  packet.back() = 3;
  EXPECT_EQ(rtp_payload(packet, *header)->size(), 5u);
  packet.back() = 9;
  EXPECT_FALSE(rtp_payload(packet, *header));
}

TEST(IsRtcp, FollowsRfc5761) {
  EXPECT_TRUE(is_rtcp(Buffer{0x80, 200}));
  EXPECT_TRUE(is_rtcp(Buffer{0x80, 223}));
  EXPECT_FALSE(is_rtcp(Buffer{0x80, 0x80 | 8}));
  EXPECT_FALSE(is_rtcp(Buffer{0x80, 101}));
  EXPECT_FALSE(is_rtcp(Buffer{0x80}));
}

TEST(SequenceBefore, Wraps) {
  EXPECT_TRUE(sequence_before(1, 2));
  EXPECT_TRUE(sequence_before(0xffff, 0));
  EXPECT_FALSE(sequence_before(0, 0xffff));
  EXPECT_FALSE(sequence_before(7, 7));
}

}  // namespace
}  // namespace ringwall::media
