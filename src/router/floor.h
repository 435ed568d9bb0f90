#pragma once

#include <compare>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/router.h"

/// What the router keeps: agents, interactions and the lines in which both wait.
namespace ringwall::router {

/// Order in the line of available agents: who has been available longest comes first.
struct AgentTurn {
  std::uint64_t turn = 0;  ///< grows with every time that an agent becomes available
  std::string agent;
  friend auto operator<=>(const AgentTurn&, const AgentTurn&) = default;
};

/// Order in the line of interactions: priority, then arrival.
struct PlaceTurn {
  int priority = 0;
  std::uint64_t sequence = 0;
  InteractionId interaction;
  friend bool operator==(const PlaceTurn&, const PlaceTurn&) = default;
  friend bool operator<(const PlaceTurn& a, const PlaceTurn& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    return a.sequence < b.sequence;
  }
};

struct AgentEntry {
  policy::Agent configured;
  bool leaving = false;  ///< no longer configured; forgotten after the call
  AgentState state = AgentState::logout;
  std::string reason;
  WallTime since{};
  std::optional<AgentState> pending;
  std::string pending_reason;
  InteractionId interaction;
  std::uint64_t turn = 0;
  std::optional<Time> timer;  ///< end of the lease, or of wrap-up
};

struct InteractionEntry {
  std::string skill_group;
  int priority = 0;
  std::uint64_t sequence = 0;
  WallTime enqueued{};
  std::string agent;  ///< reserved or talking; empty while it waits
  bool answered = false;
};

struct GroupEntry {
  policy::SkillGroup configured;
  std::set<AgentTurn> available;
  std::set<PlaceTurn> waiting;
  std::size_t reserved = 0, talking = 0;
};

struct Router::Core {
  Core(Time now, WallTime wall) : anchor(now), anchor_wall(wall) {}

  // Time.
  Time anchor;
  WallTime anchor_wall;
  [[nodiscard]] WallTime wall(Time now) const {
    return anchor_wall + std::chrono::floor<std::chrono::seconds>(now - anchor);
  }

  std::map<std::string, AgentEntry, std::less<>> agents;
  std::map<std::string, InteractionEntry, std::less<>> interactions;
  std::map<std::string, GroupEntry, std::less<>> groups;
  std::set<std::pair<Time, std::string>> timers;  ///< with the agent's id
  std::deque<Effect> effects;
  std::uint64_t last_turn = 0, last_sequence = 0;

  // agent_moves.cc
  void enter(const std::string& id, AgentState state, std::string_view reason, Time now, std::uint64_t turn = 0);
  void enter_until(const std::string& id, AgentState state, std::string_view reason, Time end, Time now);
  void make_available(const std::string& id, AgentEntry& agent, std::uint64_t turn);
  void make_unavailable(const std::string& id, AgentEntry& agent);
  void after_call(const std::string& id, std::string_view skill_group, Time now);
  void end_wrap_up(const std::string& id, Time now);
  void free_reserved(const std::string& id, bool keep_turn, Time now);
  void set_timer(const std::string& id, AgentEntry& agent, std::optional<Time> at);
  void save(const std::string& id, const AgentEntry& agent);
  void forget(const std::string& id);

  // matching.cc
  void match_agent(const std::string& id, Time now);          ///< an agent became available
  void match_interaction(const InteractionId& id, Time now);  ///< an interaction joined the line
  void reserve(const std::string& agent, const InteractionId& interaction, Time now);
  void requeue(const InteractionId& interaction);  ///< back to its old place
  void leave_agent(InteractionEntry& entry);

  void record(std::string_view kind, std::string_view interaction, std::string_view agent, std::string_view detail_key,
              std::string_view detail, Time now);
  AgentEntry* reserved_agent(const InteractionId& interaction, std::string& id);

  // configure.cc
  void configure_agent(const policy::Agent& wanted, Time now);
  void match_all(Time now);
  void restore_agent(const store::AgentRecord& stored, Time now);
  GroupEntry& group(const std::string& name) { return groups[name]; }
};

}  // namespace ringwall::router
