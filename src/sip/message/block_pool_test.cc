#include "sip/message/block_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace ringwall::sip {
namespace {

TEST(BlockPool, EveryBlockIsAsLargeAsAskedAndNobodyElses) {
  std::vector<std::pair<unsigned char*, std::size_t>> held;
  unsigned char mark = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 1; size < 10'000; size += 97) {
      auto* block = static_cast<unsigned char*>(take_block(size));
      std::memset(block, ++mark, size);
      held.emplace_back(block, size);
    }
    unsigned char expected = static_cast<unsigned char>(mark - held.size());
    for (const auto& [block, size] : held) {
      ++expected;
      EXPECT_EQ(block[0], expected);
      EXPECT_EQ(block[size - 1], expected);
      give_block(block, size);
    }
    held.clear();
  }
}

TEST(BlockPool, MoreThanIsKeptGoesBackToTheAllocator) {
  std::vector<void*> held;
  held.reserve(1'000);
  for (int i = 0; i < 1'000; ++i)
    held.push_back(take_block(2'000));
  for (void* block : held)
    give_block(block, 2'000);
}

}  // namespace
}  // namespace ringwall::sip
