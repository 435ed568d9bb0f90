#include "media/dtmf/telephone_event.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

/// Feeds a receiver and writes down what it says.
struct Listener {
  DtmfReceiver receiver;
  Time now = Time{} + 1000s;
  std::string digits;
  std::vector<std::uint32_t> durations;

  void note(std::optional<ReceivedDigit> digit) {
    if (!digit) return;
    digits += digit->digit;
    durations.push_back(digit->duration_ms);
  }
  void packet(std::uint32_t timestamp, std::uint8_t event, std::uint16_t duration, bool end, bool marker = false) {
    const auto payload = print({.event = event, .end = end, .duration = duration});
    note(receiver.receive({.marker = marker, .timestamp = timestamp, .ssrc = 5}, payload, now));
    now += 20ms;
  }
  void wait(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 20ms, now += 20ms)
      note(receiver.expire(now));
  }
};

TEST(DtmfReceiver, ReportsAnEventOnceWithItsDuration) {
  Listener listener;
  for (std::uint16_t i = 1; i < 5; ++i)
    listener.packet(8000, 5, static_cast<std::uint16_t>(160 * i), false, i == 1);
  for (int i = 0; i < 3; ++i)
    listener.packet(8000, 5, 800, true);
  listener.wait(500ms);
  EXPECT_EQ(listener.digits, "5");
  EXPECT_EQ(listener.durations, std::vector<std::uint32_t>{100});
}

TEST(DtmfReceiver, OneSurvivingPacketIsEnough) {
  Listener listener;
  listener.packet(8000, 11, 800, true);
  EXPECT_EQ(listener.digits, "#");
  listener.packet(16000, 10, 320, false);
  EXPECT_EQ(listener.digits, "#");
  listener.wait(300ms);
  EXPECT_EQ(listener.digits, "#*");
}

TEST(DtmfReceiver, LostEndPacketsAreMadeUpForByTheNextEvent) {
  Listener listener;
  listener.packet(8000, 1, 160, false, true);
  listener.packet(8000, 1, 320, false);
  listener.packet(12000, 1, 160, false, true);
  EXPECT_EQ(listener.digits, "1");
  listener.packet(12000, 1, 320, true);
  listener.packet(16000, 2, 160, true, true);
  EXPECT_EQ(listener.digits, "112");
}

TEST(DtmfReceiver, AnEventThatEndsAtOnceAfterAnUnfinishedOneComesToo) {
  Listener listener;
  listener.packet(8000, 1, 160, false, true);
  listener.packet(12000, 2, 160, true, true);
  listener.wait(100ms);
  EXPECT_EQ(listener.digits, "12");
}

TEST(DtmfReceiver, LatePacketsOfAnOldEventSayNothing) {
  Listener listener;
  listener.packet(8000, 1, 800, true);
  listener.packet(12000, 2, 800, true);
  listener.packet(8000, 1, 800, true);
  listener.packet(12000, 2, 800, true);
  listener.wait(300ms);
  EXPECT_EQ(listener.digits, "12");
}

TEST(DtmfReceiver, LongEventsComeInSegments) {
  Listener listener;
  listener.packet(0, 3, 0x8000, false, true);
  listener.packet(0, 3, 0xffff, false);
  listener.packet(0xffff, 3, 0x4000, false);
  listener.packet(0xffff, 3, 0x4001, true);
  listener.wait(300ms);
  EXPECT_EQ(listener.digits, "3");
  EXPECT_EQ(listener.durations, std::vector<std::uint32_t>{0x14000 / 8});
}

TEST(DtmfReceiver, OtherEventsAndShortPacketsAreNoDigits) {
  Listener listener;
  listener.packet(8000, 36, 800, true);
  listener.note(listener.receiver.receive({.timestamp = 1}, Buffer{1, 2, 3}, listener.now));
  listener.wait(300ms);
  EXPECT_EQ(listener.digits, "");
}

TEST(DtmfSender, IsUnderstoodByTheReceiver) {
  DtmfSender sender;
  ASSERT_TRUE(sender.queue("12,3#*Aa"));
  Listener listener;
  std::uint32_t clock = 1000, began = 0;
  std::size_t packets = 0;
  for (; sender.busy(); clock += 160) {
    const auto packet = sender.tick();
    if (packet) {
      ++packets;
      if (packet->begins) began = clock;
      listener.note(listener.receiver.receive({.marker = packet->begins, .timestamp = began, .ssrc = 1},
                                              packet->payload, listener.now));
    }
    listener.wait(20ms);
  }
  EXPECT_EQ(listener.digits, "123#*AA");
  EXPECT_EQ(listener.durations, std::vector<std::uint32_t>(7, 100));
  EXPECT_EQ(packets, 7u * 7);
  EXPECT_EQ((clock - 1000) / 160, 7u * 10 + 25);
}

TEST(DtmfSender, RefusesWhatIsNoDigitAndTooMany) {
  DtmfSender sender;
  EXPECT_FALSE(sender.queue("12x"));
  EXPECT_FALSE(sender.busy());
  EXPECT_FALSE(sender.queue(std::string(limits::dtmf_digits_queued + 1, '1')));
  EXPECT_TRUE(sender.queue(std::string(limits::dtmf_digits_queued, '1')));
  EXPECT_FALSE(sender.queue("1"));
}

}  // namespace
}  // namespace ringwall::media
