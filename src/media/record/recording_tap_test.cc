#include "media/record/recording_tap.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <thread>

#include "base/limits.h"

namespace ringwall::media {
namespace {

using Side = RecordingTap::Side;

std::vector<std::uint8_t> payload(std::uint32_t number, std::size_t size) {
  std::vector<std::uint8_t> out(size);
  std::iota(out.begin(), out.end(), static_cast<std::uint8_t>(number));
  return out;
}

TEST(RecordingTap, GivesBackWhatWasPutIn) {
  RecordingTap tap(4096);
  EXPECT_FALSE(tap.front());
  const Time now = Time(Duration(12'345));
  tap.push(Side::sent, Codec::pcma, 7, 160, payload(3, 160), now);
  const auto frame = tap.front();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->side, Side::sent);
  EXPECT_EQ(frame->codec, Codec::pcma);
  EXPECT_EQ(frame->ssrc, 7u);
  EXPECT_EQ(frame->timestamp, 160u);
  EXPECT_EQ(frame->at, now);
  EXPECT_TRUE(std::ranges::equal(frame->payload, payload(3, 160)));
  tap.release();
  EXPECT_FALSE(tap.front());
}

TEST(RecordingTap, AFullRingDropsAndCounts) {
  RecordingTap tap(4096);
  std::uint32_t put = 0;
  for (; tap.dropped() == 0; ++put)
    tap.push(Side::received, Codec::pcmu, 1, put, payload(put, 160), {});
  EXPECT_EQ(put, 4096u / (24 + 160) + 1);
  for (std::uint32_t i = 0; i + 1 < put; ++i) {
    ASSERT_TRUE(tap.front());
    EXPECT_EQ(tap.front()->timestamp, i);
    tap.release();
  }
  EXPECT_FALSE(tap.front());
  tap.push(Side::received, Codec::pcmu, 1, 99, payload(1, 160), {});
  ASSERT_TRUE(tap.front());
  EXPECT_EQ(tap.front()->timestamp, 99u);
}

TEST(RecordingTap, TooLongAndEmptyPayloadsStayOutside) {
  RecordingTap tap(4096);
  tap.push(Side::received, Codec::pcmu, 1, 1, payload(1, limits::rtp_packet_bytes + 1), {});
  EXPECT_EQ(tap.dropped(), 1u);
  tap.push(Side::received, Codec::pcmu, 1, 1, {}, {});
  EXPECT_EQ(tap.dropped(), 1u);
  EXPECT_FALSE(tap.front());
}

TEST(RecordingTap, AClosedOneTakesNothingAndCountsNothing) {
  RecordingTap tap(4096);
  tap.close();
  for (std::uint32_t i = 0; i < 100; ++i)
    tap.push(Side::received, Codec::pcmu, 1, i, payload(i, 160), {});
  EXPECT_FALSE(tap.front());
  EXPECT_EQ(tap.dropped(), 0u);
}

// Frames of every length over many turns of the ring, one thread at each end: what is not dropped comes out whole and
// in order.
TEST(RecordingTap, TwoThreadsManyTurns) {
  RecordingTap tap(4096);
  constexpr std::uint32_t frames = 200'000;
  std::atomic<bool> done = false;
  std::thread leg([&] {
    std::mt19937 random(5);
    for (std::uint32_t i = 1; i <= frames; ++i)
      tap.push(i % 2 ? Side::sent : Side::received, Codec::pcmu, i, i, payload(i, 1 + random() % 700), {});
    done = true;
  });
  std::uint32_t last = 0, seen = 0;
  while (true) {
    const bool was_done = done;
    const auto frame = tap.front();
    if (!frame) {
      if (was_done) break;
      continue;
    }
    ASSERT_GT(frame->ssrc, last);
    last = frame->ssrc;
    ++seen;
    ASSERT_TRUE(std::ranges::equal(frame->payload, payload(frame->ssrc, frame->payload.size())));
    ASSERT_EQ(frame->side, frame->ssrc % 2 ? Side::sent : Side::received);
    tap.release();
  }
  leg.join();
  EXPECT_EQ(seen + tap.dropped(), frames);
  EXPECT_GT(seen, 0u);
}

}  // namespace
}  // namespace ringwall::media
