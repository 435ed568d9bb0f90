#include "runtime/media_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

struct Item {
  WheelPlace wheel_place;
  std::vector<Time> turns;
};

class WheelTest : public testing::Test {
 protected:
  Item& add() {
    items_.push_back(std::make_unique<Item>());
    wheel_.add(*items_.back(), now_);
    return *items_.back();
  }
  void turn() {
    wheel_.turn(now_, [this](Item& item) { item.turns.push_back(now_); });
  }
  /// Turns the wheel whenever it wants to be turned.
  void pass(Duration time) {
    const Time end = now_ + time;
    for (auto next = wheel_.next(); next && *next <= end; next = wheel_.next()) {
      ASSERT_LE(now_, *next);
      now_ = *next;
      turn();
    }
    now_ = end;
  }

  Time now_ = Time{} + 1h;
  MediaWheel<Item> wheel_;
  std::vector<std::unique_ptr<Item>> items_;
};

TEST_F(WheelTest, WantsNothingWithoutItems) {
  EXPECT_EQ(wheel_.next(), std::nullopt);
  Item& item = add();
  EXPECT_NE(wheel_.next(), std::nullopt);
  wheel_.remove(item);
  EXPECT_EQ(wheel_.next(), std::nullopt);
}

TEST_F(WheelTest, EveryItemHasOneTurnIn20Milliseconds) {
  for (int i = 0; i < 1'500; ++i)
    add();
  pass(1s);
  for (const auto& item : items_) {
    ASSERT_EQ(item->turns.size(), 50u);
    for (std::size_t i = 1; i < item->turns.size(); ++i)
      EXPECT_EQ(item->turns[i] - item->turns[i - 1], 20ms);
  }
}

TEST_F(WheelTest, ManyItemsDoNotHaveTheirTurnAtOnce) {
  for (int i = 0; i < 1'500; ++i)
    add();
  pass(20ms);
  std::map<Time, int> together;
  for (const auto& item : items_)
    ++together[item->turns.at(0)];
  ASSERT_EQ(together.size(), 20u);
  for (const auto& [when, count] : together)
    EXPECT_EQ(count, 75);
}

TEST_F(WheelTest, FewItemsWakeTheThreadOnceIn20Milliseconds) {
  for (int i = 0; i < 8; ++i)
    add();
  pass(20ms);
  for (const auto& item : items_)
    EXPECT_EQ(item->turns, items_[0]->turns);
}

TEST_F(WheelTest, ARemovedItemHasNoTurnAndTheOthersKeepTheirs) {
  for (int i = 0; i < 100; ++i)
    add();
  for (int i = 0; i < 100; i += 3)
    wheel_.remove(*items_[static_cast<std::size_t>(i)]);
  pass(100ms);
  for (std::size_t i = 0; i < items_.size(); ++i)
    EXPECT_EQ(items_[i]->turns.size(), i % 3 == 0 ? 0u : 5u) << i;
}

TEST_F(WheelTest, TurnsThatAreLateAreMadeUpForUpToALimit) {
  Item& item = add();
  now_ += 60ms;
  turn();
  EXPECT_EQ(item.turns.size(), 3u);
  now_ += 10s;
  turn();
  EXPECT_LE(item.turns.size(), 3u + 6u);
  const std::size_t before = item.turns.size();
  pass(200ms);
  EXPECT_EQ(item.turns.size(), before + 10);
}

}  // namespace
}  // namespace ringwall::runtime
