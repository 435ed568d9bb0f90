#include "runtime/source_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;
using Verdict = SourceGuard::Verdict;

constexpr Time start{1000h};
constexpr const char* stranger = "192.0.2.66";

SourceRules small_rules() {
  return {.messages_per_second = 10,
          .harms_per_second = 3,
          .connects_per_second = 5,
          .transactions = 50,
          .digest_failures_per_minute = 4,
          .block_time = 60s,
          .never_blocked = {"192.0.2.1"},
          .known = {"192.0.2.2"}};
}

struct SourceGuardTest : testing::Test {
  /// The verdicts on so many messages at once; the last one.
  Verdict send(const char* from, int count, Time now) {
    Verdict last = Verdict::pass;
    for (int i = 0; i < count; ++i)
      last = guard.message(from, true, now);
    return last;
  }
  SourceGuard guard{small_rules()};
};

TEST_F(SourceGuardTest, AFloodIsBlockedForItsTimeAndNoLonger) {
  EXPECT_EQ(send(stranger, 10, start), Verdict::pass);
  EXPECT_EQ(send(stranger, 1, start), Verdict::drop);
  EXPECT_TRUE(guard.blocked(stranger, start));
  EXPECT_FALSE(guard.connect(stranger, start + 1s));
  EXPECT_EQ(send(stranger, 5, start + 59s), Verdict::drop);
  const auto list = guard.list_blocked(start + 50s);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].source, stranger);
  EXPECT_EQ(list[0].reason, "too many messages");
  EXPECT_EQ(list[0].left, 10s);
  EXPECT_EQ(list[0].dropped, 6u);
  EXPECT_EQ(guard.hits().at("too many messages"), 1u);
  EXPECT_EQ(send(stranger, 1, start + 60s), Verdict::pass);
  EXPECT_FALSE(guard.any_blocked());
}

TEST_F(SourceGuardTest, OthersAreNotConcerned) {
  send(stranger, 100, start);
  EXPECT_EQ(send("192.0.2.67", 10, start), Verdict::pass);
  EXPECT_TRUE(guard.connect("192.0.2.67", start));
}

TEST_F(SourceGuardTest, SteadyTrafficBelowTheLimitPasses) {
  for (int second = 0; second < 5; ++second)
    EXPECT_EQ(send(stranger, 10, start + second * 1s), Verdict::pass);
  EXPECT_EQ(send(stranger, 1, start + 5s), Verdict::drop);  // the 51st request within 64*T1
  EXPECT_EQ(guard.list_blocked(start + 5s).at(0).reason, "too many transactions");
}

TEST_F(SourceGuardTest, ResponsesAreMessagesButBeginNoTransactions) {
  for (int second = 0; second < 20; ++second)
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(guard.message(stranger, false, start + second * 1s), Verdict::pass);
}

TEST_F(SourceGuardTest, AKnownSourceGets503AndIsNeverBlockedByRate) {
  guard.vouch(stranger, start);
  EXPECT_EQ(send(stranger, 11, start), Verdict::overload);
  EXPECT_EQ(send("192.0.2.2", 11, start), Verdict::overload);  // a trunk's address
  for (int i = 0; i < 20; ++i) {
    guard.report(stranger, Harm::refused, start);
    guard.report(stranger, Harm::malformed, start);
    EXPECT_TRUE(guard.connect(stranger, start));
  }
  EXPECT_EQ(send(stranger, 10, start + 1s), Verdict::pass);
  EXPECT_FALSE(guard.any_blocked());
  EXPECT_GE(guard.hits().at("too many messages"), 2u);
}

TEST_F(SourceGuardTest, WhoWasVouchedForIsAStrangerAfterAnHourOfSilence) {
  guard.vouch(stranger, start);
  EXPECT_EQ(send(stranger, 11, start + 59min), Verdict::overload);  // a sign of life
  EXPECT_EQ(send(stranger, 11, start + 118min), Verdict::overload);
  EXPECT_EQ(send(stranger, 11, start + 179min), Verdict::drop);
}

TEST_F(SourceGuardTest, HarmBlocksLongBeforeRate) {
  for (const Harm harm : {Harm::refused, Harm::malformed}) {
    SourceGuard fresh(small_rules());
    for (int i = 0; i < 3; ++i)
      fresh.report(stranger, harm, start);
    EXPECT_FALSE(fresh.blocked(stranger, start));
    fresh.report(stranger, harm, start);
    EXPECT_TRUE(fresh.blocked(stranger, start));
    EXPECT_EQ(fresh.list_blocked(start).at(0).reason, print(harm));
  }
  for (int i = 0; i < 30; ++i)
    guard.report(stranger, Harm::refused, start + i * 1s);  // one in a second is a mistake, not a scan
  EXPECT_FALSE(guard.any_blocked());
}

TEST_F(SourceGuardTest, GuessingPasswordsBlocksKnownSourcesToo) {
  guard.vouch(stranger, start);
  for (int i = 0; i < 3; ++i)
    guard.report(stranger, Harm::digest_failure, start + i * 10s);
  EXPECT_FALSE(guard.any_blocked());
  guard.report(stranger, Harm::digest_failure, start + 40s);
  EXPECT_TRUE(guard.blocked(stranger, start + 40s));
}

TEST_F(SourceGuardTest, ConnectsAreLimited) {
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(guard.connect(stranger, start));
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(guard.connect(stranger, start));
  EXPECT_FALSE(guard.any_blocked());
  EXPECT_TRUE(guard.connect(stranger, start + 1s)) << "it may try again";
  for (int i = 0; i < 25; ++i)
    guard.connect(stranger, start + 1s);
  EXPECT_TRUE(guard.any_blocked());
  EXPECT_EQ(guard.list_blocked(start).at(0).reason, "too many connections");
}

TEST_F(SourceGuardTest, NeverBlockedMeansNever) {
  for (int i = 0; i < 200; ++i) {
    guard.report("192.0.2.1", Harm::digest_failure, start);
    EXPECT_TRUE(guard.connect("192.0.2.1", start));
    EXPECT_EQ(guard.message("192.0.2.1", true, start), Verdict::pass);
  }
}

TEST_F(SourceGuardTest, NewRulesFreeWhoIsNeverToBeBlocked) {
  send(stranger, 20, start);
  auto rules = small_rules();
  rules.never_blocked.push_back(stranger);
  guard.set_rules(rules);
  EXPECT_FALSE(guard.any_blocked());
  EXPECT_EQ(send(stranger, 20, start), Verdict::pass);
}

TEST_F(SourceGuardTest, AnIpv6SourceIsItsSlash64) {
  for (int i = 0; i < 11; ++i)
    guard.message("2001:db8:1:2::" + std::to_string(i + 1), true, start);
  EXPECT_TRUE(guard.blocked("2001:db8:1:2:ffff::1", start));
  EXPECT_FALSE(guard.blocked("2001:db8:1:3::1", start));
  EXPECT_EQ(guard.list_blocked(start).at(0).source, "2001:db8:1:2::/64");
  EXPECT_TRUE(guard.unblock("2001:db8:1:2::/64"));
  EXPECT_FALSE(guard.any_blocked());
}

TEST_F(SourceGuardTest, ABlockIsToldOnceAndCanBeEnded) {
  send(stranger, 30, start);
  const auto told = guard.poll_blocked();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->source, stranger);
  EXPECT_EQ(told->left, 60s);
  EXPECT_FALSE(guard.poll_blocked());
  EXPECT_FALSE(guard.unblock("192.0.2.99"));
  EXPECT_TRUE(guard.unblock(stranger));
  EXPECT_FALSE(guard.unblock(stranger));
  EXPECT_EQ(send(stranger, 10, start), Verdict::pass);
}

TEST_F(SourceGuardTest, TheTableIsBounded) {
  send(stranger, 20, start);
  for (std::size_t i = 0; i < limits::sources_watched; ++i)
    guard.message(std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) + ".1",
                  true, start);
  EXPECT_FALSE(guard.any_blocked());  // the oldest was forgotten
  EXPECT_EQ(guard.hits().at("sources watched"), 1u);
}

}  // namespace
}  // namespace ringwall::runtime
