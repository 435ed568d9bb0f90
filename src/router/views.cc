#include <algorithm>

#include "router/floor.h"

namespace ringwall::router {

std::vector<AgentView> Router::agents() const {
  std::vector<AgentView> views;
  for (const auto& [id, agent] : core_->agents)
    views.push_back({id, agent.configured.name, agent.configured.line, agent.state, agent.reason, agent.since,
                     agent.pending, agent.interaction, agent.configured.skill_groups});
  return views;
}

std::vector<QueueView> Router::queues() const {
  std::vector<QueueView> views;
  for (const auto& [name, group] : core_->groups) {
    QueueView view{name, group.waiting.size(), group.reserved, group.talking, group.available.size(), {}};
    for (const PlaceTurn& place : group.waiting) {
      const WallTime since = core_->interactions.find(place.interaction)->second.enqueued;
      if (!view.longest_since || since < *view.longest_since) view.longest_since = since;
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::optional<std::size_t> Router::position(const InteractionId& interaction) const {
  const auto found = core_->interactions.find(interaction);
  if (found == core_->interactions.end() || !found->second.agent.empty()) return std::nullopt;
  const InteractionEntry& entry = found->second;
  const auto& waiting = core_->group(entry.skill_group).waiting;
  const auto place = waiting.find({entry.priority, entry.sequence, interaction});
  return static_cast<std::size_t>(std::distance(waiting.begin(), place)) + 1;
}

std::string Router::agent_of(const InteractionId& interaction) const {
  const auto found = core_->interactions.find(interaction);
  return found == core_->interactions.end() ? std::string() : found->second.agent;
}

}  // namespace ringwall::router
