#include "router/router.h"

#include "base/limits.h"
#include "router/floor.h"

namespace ringwall::router {

Router::Router(Time now, WallTime wall) : core_(std::make_unique<Core>(now, wall)) {}
Router::~Router() = default;

void Router::set_wall_clock(Time now, WallTime wall) {
  core_->anchor = now;
  core_->anchor_wall = wall;
}

Result<> Router::enqueue(const InteractionId& interaction, std::string_view skill_group, Time now, int priority) {
  Core& core = *core_;
  const auto found = core.groups.find(skill_group);
  if (found == core.groups.end() || found->second.configured.name.empty())
    return fail(fmt::format("there is no skill group '{}'", skill_group), "router",
                "write a [[skill_group]] of that name");
  if (core.interactions.contains(interaction)) return fail("the interaction waits already", "router");
  if (core.interactions.size() >= limits::waiting_interactions)
    return fail(fmt::format("more than {} interactions wait", limits::waiting_interactions), "router",
                "add agents, or refuse calls earlier");
  InteractionEntry entry{std::string(skill_group), priority, ++core.last_sequence, core.wall(now), {}, false};
  core.effects.emplace_back(
      SavePlace{{interaction, entry.skill_group, entry.enqueued, entry.priority, entry.sequence}});
  found->second.waiting.insert({priority, entry.sequence, interaction});
  core.interactions.emplace(interaction, std::move(entry));
  core.record("enqueued", interaction, {}, "skill_group", skill_group, now);
  core.match_interaction(interaction, now);
  return {};
}

Result<> Router::agent_answered(const InteractionId& interaction, Time now) {
  Core& core = *core_;
  std::string id;
  if (core.reserved_agent(interaction, id) == nullptr)
    return fail("the reservation is over", "router", "hang up the agent's leg");
  InteractionEntry& entry = core.interactions.find(interaction)->second;
  GroupEntry& lines = core.group(entry.skill_group);
  --lines.reserved;
  ++lines.talking;
  entry.answered = true;
  core.enter(id, AgentState::talking, {}, now);
  core.effects.emplace_back(RemovePlace{interaction});
  core.record("answered", interaction, id, {}, {}, now);
  return {};
}

void Router::ring_no_answer(const InteractionId& interaction, Time now) {
  delivery_failed(interaction, "call not answered", now);
}

void Router::delivery_failed(const InteractionId& interaction, std::string_view reason, Time now) {
  Core& core = *core_;
  std::string id;
  const AgentEntry* agent = core.reserved_agent(interaction, id);
  if (agent == nullptr) return;
  core.record("not answered", interaction, id, "reason", reason, now);
  core.requeue(interaction);
  if (agent->leaving)
    core.forget(id);
  else
    core.enter(id, agent->pending == AgentState::logout ? AgentState::logout : AgentState::not_ready, reason, now);
  core.match_interaction(interaction, now);
}

void Router::call_held(const InteractionId& interaction, Time now) {
  const std::string id = agent_of(interaction);
  if (id.empty() || core_->agents.find(id)->second.state != AgentState::talking) return;
  core_->enter(id, AgentState::hold, {}, now);
  core_->record("held", interaction, id, {}, {}, now);
}

void Router::call_resumed(const InteractionId& interaction, Time now) {
  const std::string id = agent_of(interaction);
  if (id.empty() || core_->agents.find(id)->second.state != AgentState::hold) return;
  core_->enter(id, AgentState::talking, {}, now);
  core_->record("resumed", interaction, id, {}, {}, now);
}

void Router::caller_left(const InteractionId& interaction, Time now) {
  Core& core = *core_;
  const auto found = core.interactions.find(interaction);
  if (found == core.interactions.end()) return;
  if (found->second.answered) return call_ended(interaction, now);
  InteractionEntry& entry = found->second;
  const std::string id = entry.agent;
  if (id.empty())
    core.group(entry.skill_group).waiting.erase({entry.priority, entry.sequence, interaction});
  else
    core.leave_agent(entry);
  core.record("left", interaction, id, {}, {}, now);
  core.effects.emplace_back(RemovePlace{interaction});
  core.interactions.erase(found);
  if (id.empty()) return;
  core.effects.emplace_back(Release{interaction, id, "the caller left"});
  core.free_reserved(id, true, now);
}

void Router::call_ended(const InteractionId& interaction, Time now) {
  Core& core = *core_;
  const auto found = core.interactions.find(interaction);
  if (found == core.interactions.end()) return;
  if (!found->second.answered) return caller_left(interaction, now);
  const std::string id = found->second.agent, skill_group = found->second.skill_group;
  core.leave_agent(found->second);
  core.record("ended", interaction, id, {}, {}, now);
  core.interactions.erase(found);
  core.after_call(id, skill_group, now);
}

void Router::expire(Time now) {
  Core& core = *core_;
  while (!core.timers.empty() && core.timers.begin()->first <= now) {
    const std::string id = core.timers.begin()->second;
    const AgentEntry& agent = core.agents.find(id)->second;
    if (agent.state != AgentState::reserved) {
      core.end_wrap_up(id, now);
      continue;
    }
    const InteractionId interaction = agent.interaction;
    core.record("lease ended", interaction, id, {}, {}, now);
    core.requeue(interaction);
    core.effects.emplace_back(Release{interaction, id, "the reservation's time is over"});
    core.match_interaction(interaction, now);  // another agent first, if one is available
    core.free_reserved(id, false, now);
  }
}

std::optional<Time> Router::next_timer() const {
  if (core_->timers.empty()) return std::nullopt;
  return core_->timers.begin()->first;
}

std::optional<Effect> Router::poll() {
  if (core_->effects.empty()) return std::nullopt;
  Effect next = std::move(core_->effects.front());
  core_->effects.pop_front();
  return next;
}

}  // namespace ringwall::router
