#include "router/floor.h"

namespace ringwall::router {

void Router::Core::set_timer(const std::string& id, AgentEntry& agent, std::optional<Time> at) {
  if (agent.timer) timers.erase({*agent.timer, id});
  agent.timer = at;
  if (at) timers.insert({*at, id});
}

void Router::Core::make_available(const std::string& id, AgentEntry& agent, std::uint64_t turn) {
  agent.turn = turn != 0 ? turn : ++last_turn;
  for (const std::string& name : agent.configured.skill_groups)
    group(name).available.insert({agent.turn, id});
}

void Router::Core::make_unavailable(const std::string& id, AgentEntry& agent) {
  for (const std::string& name : agent.configured.skill_groups)
    group(name).available.erase({agent.turn, id});
}

/// The one place where a state changes. Nobody is matched here: the caller does it when the rest is consistent.
void Router::Core::enter(const std::string& id, AgentState state, std::string_view reason, Time now,
                         std::uint64_t turn) {
  AgentEntry& agent = agents.find(id)->second;
  if (agent.state == AgentState::ready) make_unavailable(id, agent);
  set_timer(id, agent, std::nullopt);
  agent.state = state;
  agent.reason = reason;
  agent.since = wall(now);
  const bool busy = state != AgentState::ready && state != AgentState::not_ready && state != AgentState::logout;
  if (!busy) {
    agent.interaction.clear();
    agent.pending.reset();
    agent.pending_reason.clear();
  }
  if (state == AgentState::ready) make_available(id, agent, turn);
  save(id, agent);
}

void Router::Core::enter_until(const std::string& id, AgentState state, std::string_view reason, Time end, Time now) {
  AgentEntry& agent = agents.find(id)->second;
  if (agent.state == AgentState::ready) make_unavailable(id, agent);
  agent.state = state;
  agent.reason = reason;
  agent.since = wall(now);
  set_timer(id, agent, end);
  save(id, agent);
}

void Router::Core::save(const std::string& id, const AgentEntry& agent) {
  store::AgentRecord out{id, agent.state, agent.reason, agent.since, agent.pending, agent.interaction, {}};
  if (agent.timer) out.until = wall(*agent.timer);
  effects.emplace_back(SaveAgent{std::move(out)});
}

void Router::Core::forget(const std::string& id) {
  AgentEntry& agent = agents.find(id)->second;
  if (agent.state == AgentState::ready) make_unavailable(id, agent);
  set_timer(id, agent, std::nullopt);
  agents.erase(id);
  effects.emplace_back(ForgetAgent{id});
}

/// A reservation ended by no fault of the agent: the wish, else READY; with `keep_turn` at the old place in line.
void Router::Core::free_reserved(const std::string& id, bool keep_turn, Time now) {
  const AgentEntry& agent = agents.find(id)->second;
  if (agent.leaving) return forget(id);
  const AgentState next = agent.pending.value_or(AgentState::ready);
  const std::string reason = agent.pending_reason;
  enter(id, next, reason, now, keep_turn ? agent.turn : 0);
  if (next == AgentState::ready) match_agent(id, now);
}

/// What an agent does once the call is over: wrap-up if the skill group has it, then the wish, else READY.
void Router::Core::after_call(const std::string& id, std::string_view skill_group, Time now) {
  AgentEntry& agent = agents.find(id)->second;
  if (agent.leaving) return forget(id);
  const auto wrap_up = group(std::string(skill_group)).configured.wrap_up;
  const AgentState wish = agent.pending.value_or(AgentState::ready);
  const bool asked = wish == AgentState::work || wish == AgentState::work_ready;
  if (wrap_up.count() == 0 && !asked) {
    const std::string reason = agent.pending_reason;
    enter(id, wish, reason, now);
    if (wish == AgentState::ready) match_agent(id, now);
    return;
  }
  const bool back = wish == AgentState::ready || wish == AgentState::work_ready;
  const AgentState state = back ? AgentState::work_ready : AgentState::work;
  if (asked) {
    agent.pending.reset();
    agent.pending_reason.clear();
  }
  if (wrap_up.count() == 0)
    enter(id, state, {}, now);  // as long as the agent likes
  else
    enter_until(id, state, {}, now + wrap_up, now);
}

void Router::Core::end_wrap_up(const std::string& id, Time now) {
  AgentEntry& agent = agents.find(id)->second;
  const AgentState usual = agent.state == AgentState::work_ready ? AgentState::ready : AgentState::not_ready;
  const AgentState next = agent.pending.value_or(usual);
  const std::string reason = agent.pending_reason;
  enter(id, next, reason, now);
  if (next == AgentState::ready) match_agent(id, now);
}

}  // namespace ringwall::router
