#include "base/check.h"
#include "base/limits.h"
#include "router/floor.h"

namespace ringwall::router {

void Router::Core::record(std::string_view kind, std::string_view interaction, std::string_view agent,
                          std::string_view detail_key, std::string_view detail, Time now) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  if (!agent.empty()) members.emplace_back("agent", agent);
  if (!detail_key.empty()) members.emplace_back(detail_key, detail);
  store::EventRecord event;
  event.time = wall(now);
  event.interaction = interaction;
  event.kind = kind;
  event.detail = store::json_object(members);
  effects.emplace_back(Record{std::move(event)});
}

/// No group ever has both somebody waiting and somebody available, so only the newcomer has to be matched.
void Router::Core::match_interaction(const InteractionId& id, Time now) {
  const GroupEntry& lines = group(interactions.find(id)->second.skill_group);
  if (!lines.available.empty()) reserve(std::string(lines.available.begin()->agent), id, now);
}

void Router::Core::match_agent(const std::string& id, Time now) {
  const PlaceTurn* best = nullptr;
  for (const std::string& name : agents.find(id)->second.configured.skill_groups) {
    const GroupEntry& lines = group(name);
    if (lines.waiting.empty()) continue;
    if (const PlaceTurn& head = *lines.waiting.begin(); best == nullptr || head < *best) best = &head;
  }
  if (best != nullptr) reserve(id, InteractionId(best->interaction), now);
}

/// Saved before the agent is rung: a process that dies in between finds the reservation and undoes it.
void Router::Core::reserve(const std::string& id, const InteractionId& interaction, Time now) {
  AgentEntry& agent = agents.find(id)->second;
  InteractionEntry& entry = interactions.find(interaction)->second;
  CHECK(agent.state == AgentState::ready && entry.agent.empty());
  GroupEntry& lines = group(entry.skill_group);
  lines.waiting.erase({entry.priority, entry.sequence, interaction});
  ++lines.reserved;
  entry.agent = id;
  agent.interaction = interaction;
  const auto ring_time = lines.configured.ring_time;
  enter_until(id, AgentState::reserved, {}, now + ring_time + limits::reservation_margin, now);
  record("reserved", interaction, id, "skill_group", entry.skill_group, now);
  effects.emplace_back(Reserve{interaction, entry.skill_group, id, agent.configured.line, ring_time});
}

/// The interaction parts from its agent; what becomes of either is the caller's business.
void Router::Core::leave_agent(InteractionEntry& entry) {
  GroupEntry& lines = group(entry.skill_group);
  --(entry.answered ? lines.talking : lines.reserved);
  entry.agent.clear();
}

void Router::Core::requeue(const InteractionId& interaction) {
  InteractionEntry& entry = interactions.find(interaction)->second;
  leave_agent(entry);
  group(entry.skill_group).waiting.insert({entry.priority, entry.sequence, interaction});
}

AgentEntry* Router::Core::reserved_agent(const InteractionId& interaction, std::string& id) {
  const auto entry = interactions.find(interaction);
  if (entry == interactions.end() || entry->second.agent.empty() || entry->second.answered) return nullptr;
  id = entry->second.agent;
  return &agents.find(id)->second;
}

}  // namespace ringwall::router
