#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "router/router.h"

/// Random operations, and after each one the promises of the router held against a model that knows only what the
/// router has said.
namespace ringwall::router {
namespace {

using namespace std::chrono_literals;

struct Waiting {
  int priority;
  std::uint64_t order;
  std::string group;
};

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed), router_(now_, WallTime(1'800'000'000s)) {
    site_.skill_groups = {{"support", 20s, 0s}, {"sales", 10s, 15s}};
    for (int i = 0; i < 6; ++i) {
      policy::Agent agent{std::to_string(i), "agent", std::to_string(i), {i % 2 == 0 ? "support" : "sales"}};
      if (i == 5) agent.skill_groups = {"support", "sales"};
      site_.agents.push_back(agent);
    }
    router_.configure(site_, now_);
    drain();
  }

  void step() {
    now_ += std::chrono::milliseconds(pick(3'000));
    router_.expire(now_);
    drain();
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
        enqueue();
        break;
      case 3:
        ask_agent();
        break;
      case 4:
        answer();
        break;
      case 5:
        fail_delivery();
        break;
      case 6:
        leave();
        break;
      case 7:
        end();
        break;
      case 8:
        hold();
        break;
      default:
        reload();
        break;
    }
    drain();
    check();
  }

  /// Everybody becomes ready and every call is answered and ended: nothing may be left over.
  void finish() {
    site_ = full_site();
    router_.configure(site_, now_);
    drain();
    for (int round = 0; round < 10'000 && !(waiting_.empty() && ringing_.empty() && talking_.empty()); ++round) {
      now_ += 1s;
      router_.expire(now_);
      for (const auto& agent : site_.agents)
        (void)router_.set_agent_state(agent.id, AgentState::ready, "", now_);
      drain();
      for (const auto& [id, agent] : std::map(ringing_))
        answer(id);
      for (const auto& [id, agent] : std::map(talking_))
        end(id);
      drain();
      check();
    }
    EXPECT_TRUE(waiting_.empty()) << waiting_.size() << " interactions were lost";
    EXPECT_EQ(delivered_ + left_, next_id_);
  }

 private:
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

  policy::Site full_site() {
    policy::Site site = site_;
    site.agents.clear();
    for (int i = 0; i < 6; ++i)
      site.agents.push_back({std::to_string(i), "agent", std::to_string(i), {"support", "sales"}});
    return site;
  }

  void enqueue() {
    const std::string id = "i" + std::to_string(next_id_++), group = pick(2) == 0 ? "support" : "sales";
    const int priority = static_cast<int>(pick(3));
    waiting_[id] = {priority, next_id_, group};
    ASSERT_TRUE(router_.enqueue(id, group, now_, priority));
  }
  void ask_agent() {
    static constexpr AgentState wishes[] = {AgentState::ready,      AgentState::ready,  AgentState::ready,
                                            AgentState::not_ready,  AgentState::logout, AgentState::work,
                                            AgentState::work_ready, AgentState::talking};
    (void)router_.set_agent_state(std::to_string(pick(6)), wishes[pick(8)], "", now_);
  }
  template <class Map>
  std::string any_of(const Map& map) {
    if (map.empty()) return {};
    auto at = map.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(map.size())));
    return at->first;
  }
  void answer() { answer(any_of(ringing_)); }
  void answer(const std::string& id) {
    if (id.empty()) return;
    ASSERT_TRUE(router_.agent_answered(id, now_));
    ASSERT_TRUE(delivered_ids_.insert(id).second) << id << " was delivered twice";
    ++delivered_;
    talking_[id] = ringing_[id];
    ringing_.erase(id);
    waiting_.erase(id);
  }
  void fail_delivery() {
    const std::string id = any_of(ringing_);
    if (id.empty()) return;
    ringing_.erase(id);
    router_.ring_no_answer(id, now_);
  }
  void leave() {
    const std::string id = any_of(waiting_);
    if (id.empty()) return;
    waiting_.erase(id);
    ++left_;
    router_.caller_left(id, now_);
  }
  void end() { end(any_of(talking_)); }
  void end(const std::string& id) {
    if (id.empty()) return;
    talking_.erase(id);
    router_.call_ended(id, now_);
  }
  void hold() {
    if (const std::string id = any_of(talking_); !id.empty())
      pick(2) == 0 ? router_.call_held(id, now_) : router_.call_resumed(id, now_);
  }
  void reload() {
    if (pick(5) != 0) return;
    site_ = full_site();
    std::erase_if(site_.agents, [&](const auto&) { return pick(5) == 0; });
    for (auto& agent : site_.agents)
      if (pick(2) == 0) agent.skill_groups = {pick(2) == 0 ? "support" : "sales"};
    router_.configure(site_, now_);
  }

  void drain() {
    while (auto effect = router_.poll()) {
      if (const auto* reserve = std::get_if<Reserve>(&*effect)) on_reserve(*reserve);
      if (const auto* release = std::get_if<Release>(&*effect)) ringing_.erase(release->interaction);
      if (const auto* save = std::get_if<SaveAgent>(&*effect)) stored_[save->agent.agent] = save->agent;
      if (const auto* forget = std::get_if<ForgetAgent>(&*effect)) stored_.erase(forget->agent);
      if (const auto* save = std::get_if<SavePlace>(&*effect)) places_.insert(save->place.interaction);
      if (const auto* remove = std::get_if<RemovePlace>(&*effect)) places_.erase(remove->interaction);
    }
  }

  void on_reserve(const Reserve& reserve) {
    ASSERT_TRUE(waiting_.contains(reserve.interaction)) << reserve.interaction << " does not wait";
    ASSERT_FALSE(ringing_.contains(reserve.interaction)) << reserve.interaction << " is rung for already";
    for (const auto& [id, agent] : ringing_)
      ASSERT_NE(agent, reserve.agent) << "reserved for two";
    for (const auto& [id, agent] : talking_)
      ASSERT_NE(agent, reserve.agent) << "reserved while talking";
    const Waiting& chosen = waiting_[reserve.interaction];
    for (const auto& [id, other] : waiting_) {
      if (id == reserve.interaction || ringing_.contains(id) || other.group != chosen.group) continue;
      ASSERT_FALSE(other.priority > chosen.priority ||
                   (other.priority == chosen.priority && other.order < chosen.order))
          << reserve.interaction << " was served before " << id;
    }
    ringing_[reserve.interaction] = reserve.agent;
  }

  void check() {
    std::size_t reserved = 0, busy = 0;
    std::map<std::string, std::size_t> ready;
    for (const AgentView& agent : router_.agents()) {
      reserved += agent.state == AgentState::reserved;
      busy += agent.state == AgentState::talking || agent.state == AgentState::hold;
      if (agent.state == AgentState::ready)
        for (const std::string& group : agent.skill_groups)
          ++ready[group];
      if (stored_.contains(agent.id)) {
        ASSERT_EQ(stored_[agent.id].state, agent.state);
        ASSERT_EQ(stored_[agent.id].pending, agent.pending);
      }
    }
    ASSERT_EQ(reserved, ringing_.size());
    ASSERT_EQ(busy, talking_.size());
    ASSERT_TRUE(reserved == 0 || router_.next_timer()) << "a reservation without an end";
    for (const QueueView& queue : router_.queues())
      ASSERT_TRUE(queue.waiting == 0 || ready[queue.skill_group] == 0) << "somebody waits though an agent is ready";
    for (const auto& [id, place] : waiting_)
      ASSERT_TRUE(places_.contains(id)) << id << " has no place in the store";
    ASSERT_EQ(places_.size(), waiting_.size());
  }

  std::mt19937 random_;
  Time now_{1'000s};
  policy::Site site_;
  Router router_;
  std::size_t next_id_ = 0, delivered_ = 0, left_ = 0;
  std::map<std::string, Waiting> waiting_;      ///< not answered yet, rung or not
  std::map<std::string, std::string> ringing_;  ///< interaction -> agent
  std::map<std::string, std::string> talking_;
  std::map<std::string, store::AgentRecord> stored_;
  std::set<std::string> places_, delivered_ids_;
};

class RouterProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(RouterProperty, HoldsItsPromises) {
  Model model(GetParam());
  for (int i = 0; i < 1'500 && !::testing::Test::HasFatalFailure(); ++i)
    model.step();
  if (!::testing::Test::HasFatalFailure()) model.finish();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RouterProperty, ::testing::Range(1u, 25u));

}  // namespace
}  // namespace ringwall::router
