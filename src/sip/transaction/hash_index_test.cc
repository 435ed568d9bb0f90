#include "sip/transaction/hash_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

namespace ringwall::sip {
namespace {

TEST(HashIndexTest, FindsNothingWhereNothingIs) {
  HashIndex<int> index;
  EXPECT_EQ(index.find(1, [](int) { return true; }), nullptr);
  EXPECT_FALSE(index.erase(1, [](int) { return true; }));
}

TEST(HashIndexTest, TellsValuesOfOneHashApart) {
  HashIndex<int> index;
  index.insert(7, 1);
  index.insert(7, 2);
  EXPECT_EQ(*index.find(7, [](int value) { return value == 2; }), 2);
  EXPECT_TRUE(index.erase(7, [](int value) { return value == 1; }));
  EXPECT_EQ(index.find(7, [](int value) { return value == 1; }), nullptr);
  EXPECT_EQ(*index.find(7, [](int value) { return value == 2; }), 2);
  EXPECT_EQ(index.size(), 1U);
}

TEST(HashIndexTest, ReleasesWhatItErases) {
  HashIndex<std::shared_ptr<int>> index;
  const auto value = std::make_shared<int>(1);
  index.insert(1, value);
  index.erase(1, [](const auto&) { return true; });
  EXPECT_EQ(value.use_count(), 1);
}

// Against std::multimap, with few hashes so that runs collide, wrap around and are taken apart in the middle.
TEST(HashIndexTest, AgreesWithAMapUnderRandomChanges) {
  std::mt19937_64 random(3);
  HashIndex<int> index;
  std::multimap<std::uint64_t, int> truth;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t hash = random() % 40;
    const int value = static_cast<int>(random() % 4);
    const auto matches = [value](int one) { return one == value; };
    const auto [begin, end] = truth.equal_range(hash);
    const auto known = std::find_if(begin, end, [&](const auto& one) { return one.second == value; });
    EXPECT_EQ(index.find(hash, matches) != nullptr, known != end);
    if (truth.size() < 60 && random() % 2 == 0) {
      index.insert(hash, value);
      truth.emplace(hash, value);
    } else {
      EXPECT_EQ(index.erase(hash, matches), known != end);
      if (known != end) truth.erase(known);
    }
    ASSERT_EQ(index.size(), truth.size());
  }
}

}  // namespace
}  // namespace ringwall::sip
