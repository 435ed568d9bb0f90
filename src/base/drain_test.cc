#include "base/drain.h"

#include <gtest/gtest.h>

#include <memory>

namespace ringwall {
namespace {

TEST(Drain, GivesInOrderAndMayBeFilledBetween) {
  Drain<std::unique_ptr<int>> drain;
  EXPECT_TRUE(drain.empty());
  EXPECT_FALSE(drain.take());
  drain.push_back(std::make_unique<int>(1));
  drain.push_back(std::make_unique<int>(2));
  EXPECT_EQ(**drain.take(), 1);
  drain.push_back(std::make_unique<int>(3));
  EXPECT_EQ(**drain.take(), 2);
  EXPECT_FALSE(drain.empty());
  EXPECT_EQ(**drain.take(), 3);
  EXPECT_TRUE(drain.empty());
  EXPECT_FALSE(drain.take());
  drain.push_back(std::make_unique<int>(4));
  EXPECT_EQ(**drain.take(), 4);
}

}  // namespace
}  // namespace ringwall
