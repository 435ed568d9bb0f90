#include "media/record/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/codec/encoder.h"
#include "media/codec/g711.h"
#include "media/record/tone.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Side = RecordingTap::Side;

const Time start{1'000s};

struct Bench {
  RecordingPauses pauses;
  RecordingTimeline timeline{start, pauses};
  std::vector<std::uint8_t> left, right;
  std::vector<RecordingMask> masks;

  bool add(std::chrono::milliseconds at, std::uint32_t timestamp, std::uint8_t fill, Side side = Side::received,
           std::uint32_t ssrc = 1, std::size_t size = 160) {
    const std::vector<std::uint8_t> payload(size, fill);
    return timeline.add({side, Codec::pcmu, ssrc, timestamp, start + at, payload});
  }
  void cut(const AudioChunk& chunk) {
    append_masks(masks, chunk.masks, left.size());
    left.insert(left.end(), chunk.audio[0].begin(), chunk.audio[0].begin() + chunk.samples);
    right.insert(right.end(), chunk.audio[1].begin(), chunk.audio[1].begin() + chunk.samples);
  }
  void run_until(std::chrono::milliseconds at) {
    while (timeline.due(start + at))
      cut(timeline.take());
  }
};

TEST(RecordingTimeline, LaysBothSidesOnOneClock) {
  Bench bench;
  bench.add(100ms, 5'000, 10);
  bench.add(150ms, 77, 20, Side::sent, 2);
  bench.add(121ms, 5'160, 11);
  bench.run_until(699ms);
  EXPECT_TRUE(bench.left.empty());
  bench.run_until(700ms);
  ASSERT_EQ(bench.left.size(), 4'000u);
  EXPECT_EQ(bench.left[799], recording::silence);
  EXPECT_EQ(bench.left[800], 10);
  EXPECT_EQ(bench.left[960], 11);  // by its timestamp, not by its arrival
  EXPECT_EQ(bench.left[1'120], recording::silence);
  EXPECT_EQ(bench.right[1'199], recording::silence);
  EXPECT_EQ(bench.right[1'200], 20);
  EXPECT_EQ(bench.right[1'360], recording::silence);
}

TEST(RecordingTimeline, JitterAndReorderingDoNotMoveAudio) {
  Bench bench;
  bench.add(0ms, 0, 1);
  bench.add(90ms, 320, 3);
  bench.add(95ms, 160, 2);
  bench.add(96ms, 480, 4);
  bench.run_until(700ms);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(bench.left[i * 160 + 80], i + 1);
}

TEST(RecordingTimeline, ANewSourceOrClockIsLaidOutByArrival) {
  Bench bench;
  bench.add(0ms, 0, 1);
  bench.add(200ms, 900'000, 2, Side::received, 7);
  bench.add(400ms, 5'000'000, 3, Side::received, 7);
  bench.run_until(700ms);
  EXPECT_EQ(bench.left[1'600], 2);
  EXPECT_EQ(bench.left[3'200], 3);
}

TEST(RecordingTimeline, WhatComesAfterItsChunkIsLost) {
  Bench bench;
  bench.add(0ms, 0, 1);
  bench.run_until(700ms);
  bench.add(701ms, 3'920, 9);  // begins in the chunk that is cut: its rest counts
  bench.run_until(1'200ms);
  EXPECT_EQ(bench.left[3'990], recording::silence);
  EXPECT_EQ(bench.left[4'000], 9);
  EXPECT_EQ(bench.left[4'079], 9);
  EXPECT_EQ(bench.left[4'080], recording::silence);
}

// The writer was held up: frames of seconds wait, more than the timeline holds.
TEST(RecordingTimeline, AfterAStallNothingThatCameIsLost) {
  Bench bench;
  for (int i = 0; i < 500; ++i)
    while (!bench.add(i * 20ms, static_cast<std::uint32_t>(i) * 160, static_cast<std::uint8_t>(i % 250)))
      bench.cut(bench.timeline.take());
  bench.run_until(10'700ms);
  ASSERT_EQ(bench.left.size(), 84'000u);
  for (std::size_t i = 0; i < 500; ++i)
    ASSERT_EQ(bench.left[i * 160 + 7], i % 250);
}

TEST(RecordingTimeline, APauseIsSilentMarkedAndKeepsItsPlace) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    if (i == 20) bench.pauses.pause(start + 400ms);
    if (i == 60) EXPECT_TRUE(bench.pauses.resume(start + 1'200ms));
    bench.add(i * 20ms, static_cast<std::uint32_t>(i) * 160, 5);
    bench.add(i * 20ms, static_cast<std::uint32_t>(i) * 160, 6, Side::sent, 2);
    bench.run_until(i * 20ms);
  }
  bench.run_until(2'200ms);
  ASSERT_EQ(bench.masks.size(), 1u);
  EXPECT_EQ(bench.masks[0].from, 3'200u);
  EXPECT_EQ(bench.masks[0].to, 9'601u);
  for (std::size_t i = 0; i < bench.left.size() && i < 16'000; ++i) {
    const bool masked = i >= 3'200 && i < 9'601;
    ASSERT_EQ(bench.left[i], masked ? recording::silence : 5) << i;
    ASSERT_EQ(bench.right[i], masked ? recording::silence : 6) << i;
  }
}

// What was on its way when the pause began lies before it by its timestamp; it arrived in the pause and is left out.
TEST(RecordingTimeline, WhatArrivesInAPauseIsLeftOutWhereverItLies) {
  Bench bench;
  bench.add(100ms, 0, 1);
  bench.pauses.pause(start + 200ms);
  bench.add(210ms, 160, 2);
  bench.run_until(1'000ms);
  EXPECT_EQ(bench.left[800], 1);
  EXPECT_EQ(bench.left[960], recording::silence);
}

// And what arrived before the pause but reaches into it is cut where it begins.
TEST(RecordingTimeline, AFrameIsCutWhereThePauseBegins) {
  Bench bench;
  bench.add(100ms, 0, 1);
  bench.pauses.pause(start + 110ms);
  bench.run_until(1'000ms);
  EXPECT_EQ(bench.left[879], 1);
  EXPECT_EQ(bench.left[880], recording::silence);
}

TEST(RecordingTimeline, ManyShortPausesMaskMoreRatherThanLess) {
  Bench bench;
  bench.add(0ms, 0, 5, Side::received, 1, 1'500);
  for (int i = 0; i < 20; ++i) {
    bench.pauses.pause(start + i * 10ms + 1ms);
    EXPECT_TRUE(bench.pauses.resume(start + i * 10ms + 6ms));
  }
  ASSERT_TRUE(bench.timeline.due(start + 1s));
  const AudioChunk& chunk = bench.timeline.take();
  EXPECT_EQ(chunk.masks.size(), recording::masks_per_chunk);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(chunk.audio[0][static_cast<std::size_t>(i) * 80 + 30], recording::silence);
  EXPECT_EQ(chunk.audio[0][60], 5);
}

TEST(RecordingTimeline, PausesEndAtTheirLimit) {
  RecordingPauses pauses;
  for (std::size_t i = 0; i < limits::recording_masks; ++i) {
    pauses.pause(start + i * 10ms);
    const auto resumed = pauses.resume(start + i * 10ms + 5ms);
    EXPECT_EQ(resumed.has_value(), i + 1 < limits::recording_masks);
  }
  EXPECT_TRUE(pauses.paused());
}

TEST(RecordingTimeline, TheRestIsCutWhereTheCallEnds) {
  Bench bench;
  bench.add(0ms, 0, 1);
  bench.add(600ms, 4'800, 2);
  bench.run_until(700ms);
  bench.cut(bench.timeline.take_rest(start + 610ms));
  EXPECT_EQ(bench.left.size(), 4'880u);
  EXPECT_EQ(bench.left.back(), 2);
}

TEST(RecordingTimeline, ALawIsRecordedAsMuLaw) {
  RecordingPauses pauses;
  RecordingTimeline timeline(start, pauses);
  const std::vector<std::uint8_t> payload(160, encode_sample(Codec::pcma, 8'000));
  timeline.add({Side::received, Codec::pcma, 1, 0, start, payload});
  EXPECT_NEAR(decode_sample(Codec::pcmu, timeline.take().audio[0][5]), 8'000, 400);
}

// A second of a tone in 20 ms packets, with the codec's own clock: it comes out as long, and as that tone.
TEST(RecordingTimeline, EveryCodecIsRecorded) {
  for (const Codec codec : {Codec::g722, Codec::opus, Codec::l16}) {
    RecordingPauses pauses;
    RecordingTimeline timeline(start, pauses);
    Encoder encoder(codec, OpusOptions{});
    ToneGenerator tone(600, 8'000, facts(codec).sample_rate);
    std::vector<std::int16_t> linear(facts(codec).frame_samples());
    std::vector<std::uint8_t> payload(limits::rtp_packet_bytes);
    std::vector<std::int16_t> heard;
    for (std::uint32_t i = 0; i < 75; ++i) {
      tone.fill(linear);
      const std::size_t size = encoder.encode(linear, payload);
      ASSERT_TRUE(timeline.add({Side::received, codec, 1, i * facts(codec).frame_clock(), start + i * 20ms,
                                std::span(payload).first(size)}));
      if (!timeline.due(start + i * 20ms)) continue;
      for (const std::uint8_t sample : timeline.take().audio[0])
        heard.push_back(decode_sample(Codec::pcmu, sample));
    }
    ASSERT_EQ(heard.size(), 8'000u) << print(codec);
    EXPECT_GE(tone_ms(heard, 600), 900u) << print(codec);
  }
}

}  // namespace
}  // namespace ringwall::media
