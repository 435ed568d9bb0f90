#include "router/router.h"

#include <gmock/gmock.h>

#include <map>

namespace ringwall::router {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

policy::Site make_site(std::size_t agents, std::chrono::seconds wrap_up = 0s) {
  policy::Site site;
  site.skill_groups.push_back({"support", 20s, wrap_up});
  site.skill_groups.push_back({"sales", 10s, 0s});
  for (std::size_t i = 0; i < agents; ++i) {
    const std::string id = std::to_string(1001 + i);
    site.agents.push_back({id, "Agent " + id, id, {"support"}});
  }
  return site;
}

/// A router with a clock that only the test moves, and everything it has said.
class RouterTest : public ::testing::Test {
 protected:
  void configure(const policy::Site& site) {
    router.configure(site, now);
    drain();
  }
  void ready(const std::string& agent) {
    now += 1s;
    EXPECT_TRUE(router.set_agent_state(agent, AgentState::ready, "", now));
    drain();
  }
  void enqueue(const std::string& id, int priority = 0, const std::string& group = "support") {
    now += 1s;
    EXPECT_TRUE(router.enqueue(id, group, now, priority));
    drain();
  }
  void drain() {
    while (auto effect = router.poll()) {
      if (const auto* reserve = std::get_if<Reserve>(&*effect))
        reserves.push_back(reserve->interaction + ">" + reserve->agent);
      if (const auto* release = std::get_if<Release>(&*effect))
        releases.push_back(release->interaction + ">" + release->agent);
      if (const auto* save = std::get_if<SaveAgent>(&*effect)) saved_agents[save->agent.agent] = save->agent;
      if (const auto* save = std::get_if<SavePlace>(&*effect)) saved_places[save->place.interaction] = save->place;
      if (const auto* remove = std::get_if<RemovePlace>(&*effect)) saved_places.erase(remove->interaction);
      if (const auto* forget = std::get_if<ForgetAgent>(&*effect)) saved_agents.erase(forget->agent);
      if (const auto* record = std::get_if<Record>(&*effect)) events.push_back(record->event.kind);
    }
  }
  AgentState state(const std::string& agent) {
    for (const AgentView& view : router.agents())
      if (view.id == agent) return view.state;
    ADD_FAILURE() << "no agent " << agent;
    return AgentState::logout;
  }

  Time now{1000s};
  WallTime wall{1'800'000'000s};
  Router router{now, wall};
  std::vector<std::string> reserves, releases, events;
  std::map<std::string, store::AgentRecord> saved_agents;
  std::map<std::string, store::QueuePlace> saved_places;
};

TEST_F(RouterTest, ChoosesTheLongestAvailableAgent) {
  configure(make_site(3));
  ready("1002");
  ready("1001");
  ready("1003");
  enqueue("a");
  enqueue("b");
  enqueue("c");
  EXPECT_THAT(reserves, ElementsAre("a>1002", "b>1001", "c>1003"));
}

TEST_F(RouterTest, ServesPriorityFirstThenTheLongestWait) {
  configure(make_site(1));
  enqueue("first");
  enqueue("second");
  enqueue("urgent", 5);
  EXPECT_EQ(router.position("urgent"), 1u);
  EXPECT_EQ(router.position("second"), 3u);
  for (const std::string id : {"urgent", "first", "second"}) {
    if (reserves.empty()) ready("1001");
    EXPECT_EQ(reserves.back(), id + ">1001");
    ASSERT_TRUE(router.agent_answered(id, now));
    router.call_ended(id, now);
    drain();
  }
  EXPECT_EQ(state("1001"), AgentState::ready);
}

TEST_F(RouterTest, SavesTheReservationBeforeTheAgentIsRung) {
  configure(make_site(1));
  ready("1001");
  ASSERT_TRUE(router.enqueue("a", "support", now));
  bool saved = false, rung = false;
  while (auto effect = router.poll()) {
    if (const auto* save = std::get_if<SaveAgent>(&*effect)) {
      saved = saved || save->agent.state == AgentState::reserved;
      EXPECT_EQ(save->agent.interaction, "a");
      EXPECT_TRUE(save->agent.until.has_value());
    }
    if (std::holds_alternative<Reserve>(*effect)) {
      EXPECT_TRUE(saved);
      rung = true;
    }
  }
  EXPECT_TRUE(rung);
}

TEST_F(RouterTest, NoAnswerMakesTheAgentNotReadyAndTriesTheNext) {
  configure(make_site(2));
  ready("1001");
  ready("1002");
  enqueue("a");
  router.ring_no_answer("a", now);
  drain();
  EXPECT_THAT(reserves, ElementsAre("a>1001", "a>1002"));
  EXPECT_EQ(state("1001"), AgentState::not_ready);
  EXPECT_EQ(saved_agents["1001"].reason, "call not answered");
  EXPECT_TRUE(router.agent_answered("a", now));
}

TEST_F(RouterTest, NobodyAnswersAndTheInteractionKeepsItsPlace) {
  configure(make_site(1));
  ready("1001");
  enqueue("a");
  enqueue("b");
  router.ring_no_answer("a", now);
  drain();
  EXPECT_EQ(router.position("a"), 1u);
  EXPECT_EQ(router.position("b"), 2u);
  EXPECT_TRUE(saved_places.contains("a"));
  ready("1001");
  EXPECT_EQ(reserves.back(), "a>1001");
}

TEST_F(RouterTest, AnEndedLeaseFreesTheAgentAndKeepsThePlace) {
  configure(make_site(2));
  ready("1001");
  enqueue("a");
  enqueue("b");
  const auto timer = router.next_timer();
  ASSERT_TRUE(timer);
  EXPECT_GT(*timer - now, 20s) << "the lease outlives the ring time";
  now = *timer;
  router.expire(now);
  drain();
  EXPECT_THAT(releases, ElementsAre("a>1001"));
  EXPECT_THAT(reserves, ElementsAre("a>1001", "a>1001")) << "nobody else was available; b waits behind a";
  EXPECT_FALSE(router.agent_answered("b", now));
}

TEST_F(RouterTest, AfterAnEndedLeaseAnotherAgentIsTriedFirst) {
  configure(make_site(2));
  ready("1001");
  enqueue("a");
  ready("1002");
  now = *router.next_timer();
  router.expire(now);
  drain();
  EXPECT_THAT(reserves, ElementsAre("a>1001", "a>1002"));
  EXPECT_EQ(state("1001"), AgentState::ready);
}

TEST_F(RouterTest, ALateAnswerIsRefused) {
  configure(make_site(1));
  ready("1001");
  enqueue("a");
  router.caller_left("a", now);
  drain();
  EXPECT_THAT(releases, ElementsAre("a>1001"));
  EXPECT_FALSE(router.agent_answered("a", now));
  EXPECT_EQ(state("1001"), AgentState::ready);
  EXPECT_TRUE(saved_places.empty());
  EXPECT_FALSE(router.next_timer());
}

TEST_F(RouterTest, CallerWhoLeavesCostsTheAgentNoTurn) {
  configure(make_site(2));
  ready("1001");
  ready("1002");
  enqueue("a");
  router.caller_left("a", now);
  enqueue("b");
  EXPECT_THAT(reserves, ElementsAre("a>1001", "b>1001"));
}

TEST_F(RouterTest, AWishWhileTalkingTakesEffectAfterTheCall) {
  configure(make_site(1));
  ready("1001");
  enqueue("a");
  ASSERT_TRUE(router.agent_answered("a", now));
  ASSERT_TRUE(router.set_agent_state("1001", AgentState::not_ready, "lunch", now));
  drain();
  EXPECT_EQ(state("1001"), AgentState::talking);
  EXPECT_EQ(saved_agents["1001"].pending, AgentState::not_ready);
  router.call_ended("a", now);
  drain();
  EXPECT_EQ(state("1001"), AgentState::not_ready);
  EXPECT_EQ(saved_agents["1001"].reason, "lunch");
}

TEST_F(RouterTest, WrapUpEndsByItself) {
  configure(make_site(1, 30s));
  ready("1001");
  enqueue("a");
  ASSERT_TRUE(router.agent_answered("a", now));
  enqueue("b");
  router.call_ended("a", now);
  drain();
  EXPECT_EQ(state("1001"), AgentState::work_ready);
  EXPECT_EQ(*router.next_timer(), now + 30s);
  now += 30s;
  router.expire(now);
  drain();
  EXPECT_EQ(reserves.back(), "b>1001");
}

TEST_F(RouterTest, WrapUpBeforeAWish) {
  configure(make_site(1, 30s));
  ready("1001");
  enqueue("a");
  ASSERT_TRUE(router.agent_answered("a", now));
  ASSERT_TRUE(router.set_agent_state("1001", AgentState::logout, "", now));
  router.call_ended("a", now);
  EXPECT_EQ(state("1001"), AgentState::work);
  router.expire(now += 30s);
  EXPECT_EQ(state("1001"), AgentState::logout);
}

TEST_F(RouterTest, HoldAndResume) {
  configure(make_site(1));
  ready("1001");
  enqueue("a");
  router.call_held("a", now);
  EXPECT_EQ(state("1001"), AgentState::reserved) << "nothing to hold yet";
  ASSERT_TRUE(router.agent_answered("a", now));
  router.call_held("a", now);
  EXPECT_EQ(state("1001"), AgentState::hold);
  router.call_resumed("a", now);
  EXPECT_EQ(state("1001"), AgentState::talking);
  router.call_held("a", now);
  router.call_ended("a", now);
  EXPECT_EQ(state("1001"), AgentState::ready);
}

TEST_F(RouterTest, RefusesWhatHasNoSense) {
  configure(make_site(1));
  EXPECT_FALSE(router.set_agent_state("1001", AgentState::talking, "", now));
  EXPECT_FALSE(router.set_agent_state("1001", AgentState::work, "", now));
  EXPECT_FALSE(router.set_agent_state("nobody", AgentState::ready, "", now));
  EXPECT_FALSE(router.enqueue("a", "nothing", now));
  EXPECT_TRUE(router.enqueue("a", "support", now));
  EXPECT_FALSE(router.enqueue("a", "support", now));
  router.call_ended("unknown", now);
  router.ring_no_answer("a", now);
  EXPECT_EQ(router.position("a"), 1u);
}

TEST_F(RouterTest, AnAgentOfTwoGroupsTakesTheLongestWait) {
  policy::Site site = make_site(1);
  site.agents[0].skill_groups = {"support", "sales"};
  configure(site);
  enqueue("sales-call", 0, "sales");
  enqueue("support-call");
  ready("1001");
  EXPECT_THAT(reserves, ElementsAre("sales-call>1001"));
}

TEST_F(RouterTest, ReloadMovesAgentsAndForgetsThoseThatAreGone) {
  configure(make_site(2));
  ready("1001");
  ready("1002");
  enqueue("a");
  ASSERT_TRUE(router.agent_answered("a", now));
  policy::Site other = make_site(0);
  other.agents.push_back({"1002", "Agent 1002", "1002", {"sales"}});
  configure(other);
  EXPECT_EQ(state("1001"), AgentState::talking) << "the call goes on";
  router.call_ended("a", now);
  drain();
  EXPECT_EQ(router.agents().size(), 1u);
  EXPECT_FALSE(saved_agents.contains("1001"));
  enqueue("b");
  EXPECT_EQ(router.position("b"), 1u) << "nobody serves support now";
  enqueue("c", 0, "sales");
  EXPECT_EQ(reserves.back(), "c>1002");
}

TEST_F(RouterTest, AfterARestartNobodyIsBusy) {
  const auto stored = [&](const std::string& id, AgentState state, std::optional<AgentState> pending = {}) {
    store::AgentRecord record;
    record.agent = id;
    record.state = state;
    record.since = wall - 60s;
    record.pending = pending;
    record.interaction = "old";
    if (state == AgentState::reserved) record.until = wall + 10s;
    return record;
  };
  configure(make_site(6));
  router.restore({stored("1001", AgentState::reserved), stored("1002", AgentState::talking),
                  stored("1003", AgentState::hold, AgentState::logout),
                  stored("1004", AgentState::reserved, AgentState::not_ready), stored("1005", AgentState::ready),
                  stored("gone", AgentState::ready)},
                 {{"old", "support", wall - 90s, 0, 1}}, now);
  saved_places["old"] = {};
  saved_agents["gone"] = {};
  drain();
  EXPECT_EQ(state("1001"), AgentState::ready);
  EXPECT_EQ(state("1002"), AgentState::not_ready);
  EXPECT_EQ(saved_agents["1002"].reason, "the site restarted during the call");
  EXPECT_EQ(state("1003"), AgentState::logout);
  EXPECT_EQ(state("1004"), AgentState::not_ready);
  EXPECT_EQ(state("1005"), AgentState::ready);
  EXPECT_EQ(state("1006"), AgentState::logout);
  EXPECT_TRUE(saved_places.empty());
  EXPECT_FALSE(saved_agents.contains("gone"));
  EXPECT_THAT(events, ElementsAre("lost"));
  EXPECT_TRUE(saved_agents["1001"].interaction.empty());
}

TEST_F(RouterTest, WrapUpGoesOnAfterARestart) {
  store::AgentRecord record;
  record.agent = "1001";
  record.state = AgentState::work_ready;
  record.since = wall - 20s;
  record.until = wall + 10s;
  configure(make_site(1, 30s));
  router.restore({record}, {}, now);
  EXPECT_EQ(state("1001"), AgentState::work_ready);
  EXPECT_EQ(*router.next_timer(), now + 10s);
  router.expire(now + 10s);
  EXPECT_EQ(state("1001"), AgentState::ready);
}

TEST_F(RouterTest, TheWallClockMayStep) {
  configure(make_site(1));
  router.set_wall_clock(now, wall + 3600s);
  ready("1001");
  EXPECT_EQ(saved_agents["1001"].since, wall + 3601s);
}

}  // namespace
}  // namespace ringwall::router
