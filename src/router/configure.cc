#include <algorithm>
#include <tuple>

#include "router/floor.h"

namespace ringwall::router {
namespace {

bool is_busy(AgentState state) {
  return state == AgentState::reserved || state == AgentState::talking || state == AgentState::hold;
}

constexpr std::chrono::seconds longest_wrap_up{7'200};

}  // namespace

void Router::Core::configure_agent(const policy::Agent& wanted, Time now) {
  const auto [entry, fresh] = agents.try_emplace(wanted.id);
  AgentEntry& agent = entry->second;
  agent.leaving = false;
  if (fresh) agent.since = wall(now);
  if (agent.state == AgentState::ready) make_unavailable(wanted.id, agent);
  agent.configured = wanted;
  if (agent.state == AgentState::ready) make_available(wanted.id, agent, agent.turn);
}

void Router::Core::match_all(Time now) {
  std::vector<AgentTurn> ready;
  for (const auto& [id, agent] : agents)
    if (agent.state == AgentState::ready) ready.push_back({agent.turn, id});
  std::ranges::sort(ready);
  for (const AgentTurn& next : ready)
    match_agent(next.agent, now);
}

void Router::configure(const policy::Site& site, Time now) {
  Core& core = *core_;
  for (auto& [name, group] : core.groups)
    group.configured.name.clear();  // gone, unless it is named below
  for (const policy::SkillGroup& group : site.skill_groups)
    core.group(group.name).configured = group;
  std::vector<std::string> gone;
  for (const auto& [id, agent] : core.agents)
    if (std::ranges::find(site.agents, id, &policy::Agent::id) == site.agents.end()) gone.push_back(id);
  for (const std::string& id : gone) {
    if (AgentEntry& agent = core.agents.find(id)->second; is_busy(agent.state))
      agent.leaving = true;
    else
      core.forget(id);
  }
  for (const policy::Agent& agent : site.agents)
    core.configure_agent(agent, now);
  std::erase_if(core.groups, [](const auto& entry) {
    const GroupEntry& group = entry.second;
    return group.configured.name.empty() && group.available.empty() && group.waiting.empty() && group.reserved == 0 &&
           group.talking == 0;
  });
  core.match_all(now);
}

void Router::Core::restore_agent(const store::AgentRecord& stored, Time now) {
  const auto found = agents.find(stored.agent);
  if (found == agents.end()) {
    effects.emplace_back(ForgetAgent{stored.agent});
    return;
  }
  const bool wish_holds = stored.pending == AgentState::ready || stored.pending == AgentState::not_ready ||
                          stored.pending == AgentState::logout;
  if (is_busy(stored.state)) {
    const bool was_rung = stored.state == AgentState::reserved;
    const AgentState usual = was_rung ? AgentState::ready : AgentState::not_ready;
    const AgentState next = wish_holds ? *stored.pending : usual;
    const bool explain = next == AgentState::not_ready && !wish_holds;
    enter(stored.agent, next, explain ? "the site restarted during the call" : "", now);
    return;
  }
  AgentEntry& agent = found->second;
  agent.interaction = stored.interaction;
  agent.pending = stored.pending;
  if (stored.until) {  // wrap-up
    const auto left = std::clamp<Duration>(*stored.until - wall(now), Duration::zero(), longest_wrap_up);
    enter_until(stored.agent, stored.state, stored.reason, now + left, now);
  } else {
    enter(stored.agent, stored.state, stored.reason, now);
  }
  agent.since = stored.since;
  effects.pop_back();  // nothing changed: it is saved like this already
}

void Router::restore(const std::vector<store::AgentRecord>& agents, const std::vector<store::QueuePlace>& places,
                     Time now) {
  Core& core = *core_;
  auto in_order = agents;
  std::ranges::sort(in_order, {}, [](const store::AgentRecord& agent) {
    return std::tie(agent.since, agent.agent);
  });  // the line of available agents as it was
  for (const store::AgentRecord& agent : in_order)
    core.restore_agent(agent, now);
  for (const store::QueuePlace& place : places) {
    core.record("lost", place.interaction, {}, "reason", "the site restarted", now);
    core.effects.emplace_back(RemovePlace{place.interaction});
  }
  expire(now);
  core.match_all(now);
}

}  // namespace ringwall::router
