#include "call/server_group.h"

#include <gmock/gmock.h>

#include "call/tries.h"

namespace ringwall::call {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::function<std::uint64_t()> zero = [] { return std::uint64_t{0}; };

/// A group of members "a", "b", ... with one address each, in virtual time.
class GroupTest : public testing::Test {
 protected:
  std::unique_ptr<ServerGroup> make(std::vector<unsigned> priorities, policy::Heartbeat heartbeat = {},
                                    std::vector<int> codes = {503, 480, 600}) {
    policy::ServerGroup configuration{.name = "group", .element = "edge"};
    configuration.heartbeat = std::move(heartbeat);
    configuration.overload_codes = std::move(codes);
    paths.clear();
    for (const unsigned priority : priorities) {
      const std::string name(1, static_cast<char>('a' + paths.size()));
      configuration.members.push_back({.target = name, .host = {}, .priority = priority, .site = {}});
      paths.push_back(path(paths.size(), name, "192.0.2." + std::to_string(paths.size() + 1)));
    }
    auto group = std::make_unique<ServerGroup>(std::move(configuration));
    group->set_paths(paths, now);
    return group;
  }
  static Path path(std::size_t member, const std::string& target, const std::string& ip, unsigned rank = 0) {
    return {.member = member,
            .target = target,
            .host = target + ".example",
            .rank = rank,
            .share = {},
            .spot = {sip::Transport::tls, {ip, 5061}}};
  }
  std::string order(ServerGroup& group) {
    std::string out;
    for (const Path& each : group.order(zero, now))
      out += each.target;
    return out;
  }
  MemberState state(ServerGroup& group, std::size_t member) { return group.view(now)[member].state; }
  /// All that are due now.
  std::string asked(ServerGroup& group) {
    group.expire(now);
    std::string out;
    while (const auto due = group.poll_heartbeat(now))
      out += due->target;
    return out;
  }

  Time now{1'000s};
  std::vector<Path> paths;
};

const policy::Heartbeat off{.enabled = false};

TEST_F(GroupTest, LowestPriorityFirst) {
  const auto group = make({20, 10, 30}, off);
  EXPECT_EQ(order(*group), "bac");
}

TEST_F(GroupTest, AnUnreachableMemberIsTriedLastAndComesBackByItself) {
  const auto group = make({10, 20, 30}, off);
  group->call_failed(paths[0], "Connection refused", now);
  EXPECT_EQ(state(*group, 0), MemberState::unreachable);
  EXPECT_EQ(order(*group), "bca");
  now += 30s;
  EXPECT_EQ(order(*group), "abc");
  EXPECT_EQ(state(*group, 0), MemberState::unknown);
}

TEST_F(GroupTest, WhenAllAreDownTheyAreTriedAllTheSame) {
  const auto group = make({10, 20}, off);
  group->call_failed(paths[0], "x", now);
  group->call_failed(paths[1], "x", now);
  EXPECT_EQ(order(*group), "ab");
}

TEST_F(GroupTest, SeveralFailuresInARowAreNeededIfSoConfigured) {
  const auto group = make({10, 20}, {.enabled = false, .failures = 3});
  group->call_failed(paths[0], "x", now);
  group->call_failed(paths[0], "x", now);
  EXPECT_EQ(state(*group, 0), MemberState::unknown);
  group->call_answered(paths[0], {200}, now);
  group->call_failed(paths[0], "x", now);
  group->call_failed(paths[0], "x", now);
  EXPECT_EQ(state(*group, 0), MemberState::reachable);
  group->call_failed(paths[0], "x", now);
  EXPECT_EQ(state(*group, 0), MemberState::unreachable);
}

TEST_F(GroupTest, AnOverloadedMemberRestsAsLongAsItsRetryAfterSays) {
  const auto group = make({10, 20, 30}, off);
  group->call_answered(paths[0], {503, 60s}, now);
  group->call_answered(paths[1], {480}, now);
  EXPECT_EQ(state(*group, 0), MemberState::overloaded);
  EXPECT_EQ(order(*group), "cab");
  now += 5s;
  EXPECT_EQ(order(*group), "bca");
  now += 54s;
  EXPECT_EQ(order(*group), "bca");
  now += 1s;
  EXPECT_EQ(order(*group), "abc");
}

TEST_F(GroupTest, AnOverloadedMemberComesBeforeAnUnreachableOne) {
  const auto group = make({10, 20, 30}, off);
  group->call_failed(paths[0], "x", now);
  group->call_answered(paths[1], {503}, now);
  EXPECT_EQ(order(*group), "cba");
}

TEST_F(GroupTest, WhichAnswersLeadToTheNextMember) {
  const auto group = make({10, 20}, off);
  for (const int status : {503, 408, 480, 600})
    EXPECT_TRUE(group->goes_on(status, false)) << status;
  for (const int status : {404, 486, 487, 403, 500, 603})
    EXPECT_FALSE(group->goes_on(status, false)) << status;
  EXPECT_TRUE(group->goes_on(503, true));
  EXPECT_TRUE(group->goes_on(408, true));
  EXPECT_FALSE(group->goes_on(500, true));  // our own INVITE was malformed
  EXPECT_FALSE(group->goes_on(480, true));
  const auto other = make({10}, off, {486});
  EXPECT_TRUE(other->goes_on(486, false));
  EXPECT_TRUE(other->goes_on(503, false));
  EXPECT_FALSE(other->goes_on(480, false));
}

TEST_F(GroupTest, OtherAnswersMeanThatItIsThere) {
  const auto group = make({10, 20}, off);
  group->call_failed(paths[0], "x", now);
  group->call_answered(paths[0], {486}, now);
  EXPECT_EQ(state(*group, 0), MemberState::reachable);
  EXPECT_EQ(order(*group), "ab");
}

TEST_F(GroupTest, AllAreAskedAtOnceAndThenAtTheirIntervals) {
  const auto group = make({10, 10}, {.up_interval = 10s, .down_interval = 5s});
  EXPECT_EQ(group->next_timer(), now);
  EXPECT_EQ(asked(*group), "ab");
  EXPECT_EQ(asked(*group), "");
  EXPECT_EQ(group->next_timer(), now + 500ms);
  group->heartbeat_answered(paths[0], {405}, now);  // any answer will do
  EXPECT_EQ(state(*group, 0), MemberState::reachable);
  now += 500ms;
  EXPECT_EQ(asked(*group), "");
  EXPECT_EQ(state(*group, 1), MemberState::unreachable);
  EXPECT_THAT(group->view(now)[1].last, HasSubstr("no answer in 500 ms"));
  EXPECT_EQ(order(*group), "ab");
  now += 5s;
  EXPECT_EQ(asked(*group), "b");
  group->heartbeat_answered(paths[1], {200}, now);
  EXPECT_EQ(state(*group, 1), MemberState::reachable);
  now += 4'500ms;
  EXPECT_EQ(asked(*group), "a");
}

TEST_F(GroupTest, AnAnswerAfterTheTimeoutIsTooLate) {
  const auto group = make({10});
  EXPECT_EQ(asked(*group), "a");
  now += 501ms;
  group->expire(now);
  group->heartbeat_answered(paths[0], {200}, now);
  EXPECT_EQ(state(*group, 0), MemberState::unreachable);
  EXPECT_EQ(group->view(now)[0].heartbeats_failed, 1u);
}

TEST_F(GroupTest, AnOverloadCodeToAHeartbeatIsOverload) {
  const auto group = make({10, 20});
  EXPECT_EQ(asked(*group), "ab");
  group->heartbeat_answered(paths[0], {503, 20s}, now);
  group->heartbeat_answered(paths[1], {200}, now);
  EXPECT_EQ(state(*group, 0), MemberState::overloaded);
  now += 5s;
  EXPECT_EQ(asked(*group), "ab");
  group->heartbeat_answered(paths[0], {200}, now);
  EXPECT_EQ(state(*group, 0), MemberState::overloaded);  // it asked for 20 s
  now += 15s;
  EXPECT_EQ(order(*group), "ab");
}

TEST_F(GroupTest, ReactiveOnlyAsksWhoIsDown) {
  const auto group = make({10, 20}, {.up_interval = 0s, .down_interval = 5s});
  EXPECT_EQ(asked(*group), "ab");
  group->heartbeat_answered(paths[0], {200}, now);
  group->heartbeat_answered(paths[1], {200}, now);
  EXPECT_FALSE(group->next_timer());
  group->call_failed(paths[0], "lost", now);
  EXPECT_EQ(group->next_timer(), now + 5s);
  now += 5s;
  EXPECT_EQ(asked(*group), "a");
  group->heartbeat_answered(paths[0], {200}, now);
  EXPECT_EQ(state(*group, 0), MemberState::reachable);
  EXPECT_FALSE(group->next_timer());
}

TEST_F(GroupTest, ProactiveOnlyAsksWhoIsUp) {
  const auto group = make({10, 20}, {.up_interval = 5s, .down_interval = 0s});
  EXPECT_EQ(asked(*group), "ab");
  group->heartbeat_failed(paths[0], "TLS: wrong name", now);
  group->heartbeat_answered(paths[1], {200}, now);
  EXPECT_EQ(state(*group, 0), MemberState::unreachable);
  now += 5s;
  EXPECT_EQ(asked(*group), "b");
  now += 25s;
  EXPECT_EQ(order(*group), "ab");  // the next call finds out
}

TEST_F(GroupTest, ChangesAreReportedOnce) {
  const auto group = make({10});
  EXPECT_EQ(asked(*group), "a");
  group->heartbeat_answered(paths[0], {200}, now);
  group->call_answered(paths[0], {200}, now);
  const auto change = group->poll_change();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->from, MemberState::unknown);
  EXPECT_EQ(change->to, MemberState::reachable);
  EXPECT_EQ(change->why, "200");
  EXPECT_FALSE(group->poll_change());
}

TEST_F(GroupTest, NewAddressesKeepTheStateOfThoseThatStay) {
  const auto group = make({10, 20}, off);
  group->call_sent(paths[1]);
  group->call_failed(paths[1], "x", now);
  group->set_paths({path(1, "b", "192.0.2.2"), path(0, "a", "192.0.2.9")}, now);
  ASSERT_EQ(group->view(now).size(), 2u);
  EXPECT_EQ(state(*group, 0), MemberState::unreachable);
  EXPECT_EQ(group->view(now)[0].calls, 1u);
  EXPECT_EQ(state(*group, 1), MemberState::unknown);
  group->call_failed(paths[0], "gone from DNS", now);  // no such path any more: nothing happens
  EXPECT_EQ(state(*group, 1), MemberState::unknown);
}

TEST_F(GroupTest, AMembersOwnPathsFollowTheirRanks) {
  const auto group = make({10, 20}, off);
  group->set_paths({path(0, "a", "192.0.2.11", 1), path(0, "a", "192.0.2.10", 0), path(1, "b", "192.0.2.2")}, now);
  std::vector<std::string> ips;
  for (const Path& each : group->order(zero, now))
    ips.push_back(each.spot.address.ip);
  EXPECT_THAT(ips, ElementsAre("192.0.2.10", "192.0.2.11", "192.0.2.2"));
}

TEST(RetryAfterTest, ReadsTheSecondsAlone) {
  EXPECT_EQ(read_retry_after("120"), 120s);
  EXPECT_EQ(read_retry_after(" 5 "), 5s);
  EXPECT_EQ(read_retry_after("18000;duration=3600"), 1h);
  EXPECT_EQ(read_retry_after("120 (I'm in a meeting)"), 120s);
  EXPECT_EQ(read_retry_after("soon"), 0s);
  EXPECT_EQ(read_retry_after("-5"), 0s);
  EXPECT_EQ(read_retry_after("99999999999"), 0s);
  EXPECT_EQ(read_retry_after(""), 0s);
}

/// A refusal as the endpoint reports it: with the peer's message, or a local one without.
sip::Refused refusal(int status, const std::string& more = {}) {
  const std::string text =
      "SIP/2.0 " + std::to_string(status) +
      " X\r\nVia: SIP/2.0/TLS a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=2\r\n"
      "Call-ID: 1\r\nCSeq: 1 INVITE\r\n" +
      more + "Content-Length: 0\r\n\r\n";
  auto message = sip::Message::parse(text);
  EXPECT_TRUE(message) << text;
  return {.leg = {},
          .status = status,
          .reason = "X",
          .message = std::make_shared<sip::Message>(std::move(*message)),
          .reinvite = false};
}
sip::Refused local(int status) {
  return {.leg = {}, .status = status, .reason = "Connection refused", .message = nullptr, .reinvite = false};
}

class TriesTest : public GroupTest {
 protected:
  Tries tries() {
    group = make({10, 20, 30}, off);
    return {group, group->order(zero, now), [this] { ++noted; }};
  }
  std::shared_ptr<ServerGroup> group;
  int noted = 0;
};

TEST_F(TriesTest, EachPathOnceThenNone) {
  Tries call = tries();
  for (const std::string_view name : {"a", "b", "c"}) {
    ASSERT_NE(call.next(), nullptr);
    EXPECT_EQ(call.current()->target, name);
    EXPECT_TRUE(call.failed(local(503), now));
  }
  EXPECT_EQ(call.next(), nullptr);
  EXPECT_EQ(noted, 3);
  for (const auto& member : group->view(now)) {
    EXPECT_EQ(member.calls, 1u);
    EXPECT_EQ(member.calls_failed, 1u);
    EXPECT_EQ(member.state, MemberState::unreachable);
  }
}

TEST_F(TriesTest, ABusyCalleeIsTheAnswer) {
  Tries call = tries();
  (void)call.next();
  EXPECT_FALSE(call.failed(refusal(486), now));
  EXPECT_EQ(state(*group, 0), MemberState::reachable);
}

TEST_F(TriesTest, AfterRingingThereIsNoOtherMember) {
  Tries call = tries();
  (void)call.next();
  call.progressed();
  EXPECT_FALSE(call.failed(refusal(503), now));
  EXPECT_EQ(call.next(), nullptr);
  EXPECT_EQ(state(*group, 0), MemberState::overloaded);  // the next call goes elsewhere all the same
}

TEST_F(TriesTest, RetryAfterIsReadFromTheAnswer) {
  Tries call = tries();
  (void)call.next();
  EXPECT_TRUE(call.failed(refusal(503, "Retry-After: 40\r\n"), now));
  now += 39s;
  EXPECT_EQ(order(*group), "bca");
  now += 1s;
  EXPECT_EQ(order(*group), "abc");
}

TEST_F(TriesTest, WithoutAGroupThereIsNothingToTry) {
  Tries none;
  EXPECT_EQ(none.next(), nullptr);
  EXPECT_FALSE(none.failed(local(503), now));
  none.answered(200, now);
}

}  // namespace
}  // namespace ringwall::call
