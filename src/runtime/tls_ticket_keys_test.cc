#include "runtime/tls_ticket_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

constexpr Time start{std::chrono::hours(1000)};

TEST(TicketKeys, AKeyMakesTicketsForItsLifetimeAndOpensThemForOneMore) {
  TicketKeys keys(6h);
  const auto first = keys.current(start).name;
  EXPECT_EQ(keys.current(start + 6h - 1s).name, first);
  const auto second = keys.current(start + 6h).name;
  EXPECT_NE(second, first);
  ASSERT_NE(keys.find(first, start + 12h - 1s), nullptr);
  EXPECT_EQ(keys.find(first, start + 12h), nullptr);
  EXPECT_NE(keys.find(second, start + 12h), nullptr);
  EXPECT_NE(keys.current(start + 12h).name, second);
}

TEST(TicketKeys, KeysDifferAndUnknownNamesFindNothing) {
  TicketKeys keys, others;
  const auto& key = keys.current(start);
  EXPECT_FALSE(std::ranges::equal(key.cipher_key.reveal(), key.mac_key.reveal()));
  EXPECT_EQ(keys.find(others.current(start).name, start), nullptr);
}

}  // namespace
}  // namespace ringwall::runtime
