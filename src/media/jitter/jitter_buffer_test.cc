#include "media/jitter/jitter_buffer.h"

#include <gtest/gtest.h>

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;
using Kind = JitterBuffer::Taken::Kind;
using Content = JitterBuffer::Content;

constexpr std::uint32_t frame = 160;

/// A buffer that is given numbered packets and asked every 20 ms.
struct Line {
  JitterBuffer buffer{8'000, 160};
  Time now = Time{} + 1h;

  void put(std::uint16_t number, Content content = Content::audio, std::uint32_t ssrc = 1) {
    put_at(number, number * frame, content, ssrc);
  }
  void put_at(std::uint16_t number, std::uint32_t timestamp, Content content = Content::audio, std::uint32_t ssrc = 1) {
    const Buffer payload(4, static_cast<std::uint8_t>(number));
    buffer.put({.sequence = number, .timestamp = timestamp, .ssrc = ssrc}, content, payload, now);
  }
  JitterBuffer::Taken take() {
    const auto taken = buffer.take(now, frame);
    if (taken.kind == Kind::audio) buffer.advance(frame);
    return taken;
  }
  /// What comes out after each of the ticks that follow: 'a' and the packet's number, 'l', 'p', 'n' or '-'.
  std::string run(int ticks) {
    std::string out;
    for (; ticks > 0; --ticks, now += 20ms) {
      const auto taken = take();
      switch (taken.kind) {
        case Kind::audio:
          out += "a" + std::to_string(taken.payload[0]);
          break;
        case Kind::lost:
          out += 'l';
          break;
        case Kind::pause:
          out += 'p';
          break;
        case Kind::comfort_noise:
          out += 'n';
          break;
        case Kind::nothing:
          out += '-';
      }
      out += ' ';
    }
    return out;
  }
};

TEST(JitterBuffer, WaitsBeforeItBegins) {
  Line line;
  EXPECT_EQ(line.run(2), "- - ");
  line.put(1);
  EXPECT_EQ(line.take().kind, Kind::nothing);
  line.now += 40ms;
  line.put(2);
  EXPECT_EQ(line.run(2), "a1 a2 ");
}

TEST(JitterBuffer, BringsPacketsIntoOrderAndDropsCopies) {
  Line line;
  for (const std::uint16_t number : {3, 2, 4, 2, 6, 5, 6})
    line.put(number);
  line.now += 100ms;
  EXPECT_EQ(line.run(5), "a2 a3 a4 a5 a6 ");
  EXPECT_EQ(line.buffer.counts().duplicate, 2u);
  EXPECT_EQ(line.buffer.counts().lost, 0u);
  line.put(4);
  EXPECT_EQ(line.buffer.counts().late, 1u);
}

TEST(JitterBuffer, WhatIsMissingIsLostOnceItsTimeIsOver) {
  Line line;
  line.put(1);
  line.now += 20ms;
  line.put(2);
  line.now += 20ms;
  EXPECT_EQ(line.run(1), "a1 ");
  line.put(4);
  EXPECT_EQ(line.run(1), "a2 ");
  line.put(5);
  const auto lost = line.take();
  ASSERT_EQ(lost.kind, Kind::lost);
  EXPECT_EQ(lost.payload[0], 4);  // the packet behind, which may hold the lost one
  EXPECT_EQ(line.run(2), "a4 a5 ");
  EXPECT_EQ(line.buffer.counts().lost, 1u);
}

TEST(JitterBuffer, NumbersAndTimestampsMayWrap) {
  Line line;
  for (int i = 0; i < 6; ++i) {
    line.put_at(static_cast<std::uint16_t>(0xfffd + i), 0xffffff00u + static_cast<std::uint32_t>(i) * frame);
    line.now += 20ms;
  }
  EXPECT_EQ(line.run(6), "a253 a254 a255 a0 a1 a2 ");
}

TEST(JitterBuffer, EventsHoldNumbersButNoTime) {
  Line line;
  line.put_at(1, 160);
  line.put_at(2, 320, Content::other);
  line.put_at(3, 320, Content::other);
  line.put_at(4, 320);
  line.now += 60ms;
  EXPECT_EQ(line.run(2), "a1 a4 ");
  EXPECT_EQ(line.buffer.counts().lost, 0u);
}

TEST(JitterBuffer, APauseIsNoLoss) {
  Line line;
  line.put_at(1, 160);
  line.now += 20ms;
  line.put_at(2, 320, Content::comfort_noise);
  line.now += 20ms;
  EXPECT_EQ(line.run(2), "a1 n ");
  line.now += 40ms;
  line.put_at(3, 320 + 4 * frame);
  EXPECT_EQ(line.run(1), "p ");
  const std::string rest = line.run(4);
  EXPECT_TRUE(rest.contains("a3")) << rest;
  EXPECT_FALSE(rest.contains("l")) << rest;
}

TEST(JitterBuffer, AnotherSourceBeginsAnew) {
  Line line;
  for (const std::uint16_t number : {1, 2, 3})
    line.put(number);
  line.now += 60ms;
  EXPECT_EQ(line.run(1), "a1 ");
  line.put(7'000, Content::audio, 2);
  EXPECT_EQ(line.buffer.counts().discarded, 2u);
  line.now += 60ms;
  EXPECT_EQ(line.run(1), "a" + std::to_string(7'000 & 0xff) + " ");
}

TEST(JitterBuffer, AJumpOfTheClockBeginsAnew) {
  Line line;
  line.put_at(1, 160);
  line.now += 60ms;
  EXPECT_EQ(line.run(1), "a1 ");
  line.put_at(2, 4'000'000);
  line.now += 60ms;
  EXPECT_EQ(line.run(1), "a2 ");
}

TEST(JitterBuffer, NeverHoldsMoreThanItsLimit) {
  Line line;
  for (std::uint16_t number = 0; number < 500; ++number)
    line.put(number);
  line.now += 1s;
  int audio = 0;
  for (int i = 0; i < 600; ++i)
    audio += line.take().kind == Kind::audio;
  EXPECT_GT(audio, 0);
  EXPECT_LE(audio, static_cast<int>(limits::jitter_packets));
  line.buffer.put({.sequence = 1}, Content::audio, Buffer(161), line.now);
  EXPECT_GE(line.buffer.counts().discarded, 1u);
}

TEST(DelayEstimate, FollowsWhatTheNetworkDoes) {
  DelayEstimate estimate(8'000);
  Time now = Time{} + 1h;
  std::uint32_t timestamp = 0;
  const auto send = [&](int packets, auto delay) {
    for (int i = 0; i < packets; ++i, now += 20ms, timestamp += frame)
      estimate.receive(timestamp, now + delay(i));
  };
  send(400, [](int) { return 0ms; });
  EXPECT_EQ(estimate.target_ms(), 10);
  send(100, [](int i) { return i % 10 == 0 ? 60ms : 0ms; });
  EXPECT_GE(estimate.target_ms(), 60);
  send(1'000, [](int) { return 0ms; });
  EXPECT_EQ(estimate.target_ms(), 10);
  send(1'000, [](int) { return 200ms; });  // a longer path is no jitter, after a while
  EXPECT_EQ(estimate.target_ms(), 10);
}

}  // namespace
}  // namespace ringwall::media
