#include "media/srtp/srtp_session.h"

#include <gtest/gtest.h>

#include "media/srtp/srtp_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;

class AllSuites : public ::testing::TestWithParam<Suite> {};
INSTANTIATE_TEST_SUITE_P(Srtp, AllSuites, ::testing::ValuesIn(all_suites),
                         [](const auto& info) { return std::string(print(info.param)); });

TEST_P(AllSuites, LibsrtpReadsWhatWeSend) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  Oracle oracle(GetParam(), key, true);
  for (std::uint32_t i = 30'000; i < 30'000 + 80'000; ++i) {  // over two wraps of the sequence number
    const Buffer plain = rtp(0xCAFE, static_cast<std::uint16_t>(i), i % 300);
    Buffer packet = protect(sender, plain);
    ASSERT_TRUE(oracle.unprotect(packet)) << i;
    ASSERT_EQ(packet, plain);
    if (i % 1000 != 0) continue;
    Buffer report = protect_rtcp(sender, rtcp(0xCAFE));
    ASSERT_TRUE(oracle.unprotect_rtcp(report));
    ASSERT_EQ(report, rtcp(0xCAFE));
  }
}

TEST_P(AllSuites, WeReadWhatLibsrtpSendsOverABadNetwork) {
  std::mt19937 random(7);
  const Buffer key = some_key(GetParam());
  Oracle oracle(GetParam(), key, false);
  SrtpReceiver receiver(GetParam(), key);
  constexpr std::uint32_t first = 20'000, count = 70'000;
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < count; ++i)
    sent.push_back(oracle.protect(rtp(0xBEEF, static_cast<std::uint16_t>(first + i), 20)));
  std::vector<bool> seen(count);
  std::size_t accepted = 0;
  for (const std::uint32_t i : bad_network(0, count, random)) {
    Buffer packet = sent[i];
    const SrtpStatus status = unprotect(receiver, packet);
    ASSERT_EQ(status, seen[i] ? SrtpStatus::replayed : SrtpStatus::ok) << i;
    if (status == SrtpStatus::ok) {
      ASSERT_EQ(packet, rtp(0xBEEF, static_cast<std::uint16_t>(first + i), 20));
      ++accepted;
    }
    seen[i] = true;
  }
  EXPECT_GT(accepted, count * 95 / 100);
  for (int i = 0; i < 300; ++i) {
    Buffer report = oracle.protect_rtcp(rtcp(0xBEEF)), again = report;
    ASSERT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::ok);
    ASSERT_EQ(report, rtcp(0xBEEF));
    ASSERT_EQ(unprotect_rtcp(receiver, again), SrtpStatus::replayed);
  }
}

TEST_P(AllSuites, BothSidesAgreeAboutEveryPacketOfABadNetwork) {
  std::mt19937 random(11);
  const Buffer key = some_key(GetParam(), 9);
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  Oracle oracle(GetParam(), key, true);
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < 4'000; ++i)
    sent.push_back(protect(sender, rtp(1, static_cast<std::uint16_t>(64'000 + i), 20)));
  for (const std::uint32_t i : bad_network(0, 4'000, random)) {
    Buffer ours = sent[i], theirs = sent[i];
    if (random() % 50 == 0) ours[random() % ours.size()] ^= 1, theirs = ours;
    if ((theirs[0] >> 6) != 2 || !parse_rtp_header(ours)) continue;
    ASSERT_EQ(unprotect(receiver, ours) == SrtpStatus::ok, oracle.unprotect(theirs)) << i;
  }
}

TEST_P(AllSuites, EveryFlippedBitIsNoticed) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  const Buffer packet = protect(sender, rtp(5, 100, 40)), report = protect_rtcp(sender, rtcp(5));
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Buffer forged = packet;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto header = parse_rtp_header(forged);
    if (header) EXPECT_NE(receiver.unprotect_rtp(forged, *header).status, SrtpStatus::ok) << bit;
  }
  for (std::size_t bit = 0; bit < report.size() * 8; ++bit) {
    Buffer forged = report;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_NE(receiver.unprotect_rtcp(forged).status, SrtpStatus::ok) << bit;
  }
  Buffer good = packet, good_report = report;
  EXPECT_EQ(unprotect(receiver, good), SrtpStatus::ok);
  EXPECT_EQ(unprotect_rtcp(receiver, good_report), SrtpStatus::ok);
}

TEST_P(AllSuites, AnIndexIsNeverUsedTwice) {
  SrtpSender sender(GetParam(), some_key(GetParam()));
  EXPECT_FALSE(protect(sender, rtp(1, 10)).empty());
  EXPECT_TRUE(protect(sender, rtp(1, 10)).empty());
  EXPECT_FALSE(protect(sender, rtp(1, 500)).empty());
  EXPECT_TRUE(protect(sender, rtp(1, 300)).empty());  // older than the window: it may have been used
  EXPECT_FALSE(protect(sender, rtp(1, 499)).empty());
  EXPECT_FALSE(protect(sender, rtp(2, 10)).empty());  // another source, another key stream
}

TEST_P(AllSuites, ForgedSourcesTakeNoPlace) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  for (std::uint32_t ssrc = 100; ssrc < 200; ++ssrc) {
    Buffer forged = rtp(ssrc, 1);
    EXPECT_EQ(unprotect(receiver, forged), SrtpStatus::authentication_failed);
  }
  for (std::uint32_t ssrc = 1; ssrc <= limits::srtp_ssrcs_per_leg; ++ssrc) {
    Buffer packet = protect(sender, rtp(ssrc, 1));
    EXPECT_EQ(unprotect(receiver, packet), SrtpStatus::ok);
  }
}

TEST_P(AllSuites, UnencryptedSrtcpIsRefused) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  SrtpReceiver receiver(GetParam(), key);
  Buffer report = protect_rtcp(sender, rtcp(5));
  const std::size_t word = report.size() - (lengths(GetParam()).aead ? 4 : 14);
  EXPECT_EQ(report[word] & 0x80, 0x80);
  report[word] &= 0x7f;
  EXPECT_EQ(unprotect_rtcp(receiver, report), SrtpStatus::malformed);
}

TEST_P(AllSuites, ShortPacketsAreMalformed) {
  SrtpReceiver receiver(GetParam(), some_key(GetParam()));
  for (std::size_t size = 0; size < 8 + 4 + lengths(GetParam()).rtcp_tag; ++size) {
    Buffer packet(size, 0x80);
    EXPECT_EQ(receiver.unprotect_rtcp(packet).status, SrtpStatus::malformed);
  }
  Buffer header = rtp(1, 1, lengths(GetParam()).rtp_tag - 1);
  EXPECT_EQ(unprotect(receiver, header), SrtpStatus::malformed);
}

TEST_P(AllSuites, AKnownRolloverCounterCanBeGiven) {
  const Buffer key = some_key(GetParam());
  SrtpSender sender(GetParam(), key);
  Buffer packet;
  for (std::uint32_t i = 0; i < 70'000; i += 100)
    packet = protect(sender, rtp(3, static_cast<std::uint16_t>(i)));
  EXPECT_EQ(sender.rollover_counter(3), 1u);
  SrtpReceiver late(GetParam(), key), told(GetParam(), key);
  Buffer copy = packet;
  EXPECT_EQ(unprotect(late, copy), SrtpStatus::authentication_failed);
  EXPECT_EQ(told.unprotect_rtp(packet, *parse_rtp_header(packet), 1).status, SrtpStatus::ok);
}

TEST(EstimateIndex, FollowsRfc3711AppendixA) {
  EXPECT_EQ(estimate_index(0x0000'0005, 6), 6u);
  EXPECT_EQ(estimate_index(0x0000'fffe, 2), 0x1'0002u);
  EXPECT_EQ(estimate_index(0x0001'0002, 0xfffe), 0xfffeu);
  EXPECT_EQ(estimate_index(0x0000'0002, 0xfffe), std::nullopt);
  EXPECT_EQ(estimate_index(0x0003'8000, 0x8001), 0x3'8001u);
  EXPECT_EQ(estimate_index(0x0003'9000, 0x0fff), 0x4'0fffu);
}

TEST(ReplayWindow, RemembersTheNewest128) {
  ReplayWindow window;
  EXPECT_TRUE(window.is_new(0));
  window.mark(1000);
  EXPECT_FALSE(window.is_new(1000));
  EXPECT_TRUE(window.is_new(1000 - 127));
  EXPECT_FALSE(window.is_new(1000 - 128));
  window.mark(1000 - 127);
  EXPECT_FALSE(window.is_new(1000 - 127));
  window.mark(1001);
  EXPECT_FALSE(window.is_new(1000));
  window.mark(5000);
  EXPECT_FALSE(window.is_new(1001));
  EXPECT_TRUE(window.is_new(4999));
}

TEST(Suites, NamesGoBothWays) {
  for (const Suite suite : all_suites)
    EXPECT_EQ(parse_suite(print(suite)), suite);
  EXPECT_EQ(parse_suite("NULL_HMAC_SHA1_80"), std::nullopt);
}

}  // namespace
}  // namespace ringwall::media
