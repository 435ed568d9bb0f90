#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "policy/site.h"
#include "store/agents.h"
#include "store/events.h"
#include "store/queue_places.h"

/// The contact router (ACD): which agent gets which waiting interaction. Sans-IO: time is an argument, what is to be
/// done is returned by poll().
namespace ringwall::router {

using store::AgentState;
using InteractionId = std::string;  ///< unique for all time (it is the key of the event log)

// What poll() returns. Do them in order: what is to be saved comes before what leans on it.
/// Ring this agent for the interaction; then say agent_answered(), ring_no_answer() or delivery_failed().
struct Reserve {
  InteractionId interaction;
  std::string skill_group, agent, line;
  std::chrono::seconds ring_time;  ///< give up after this (RFC 3261 has no such timer of its own)
};
/// The reservation is over though nobody answered (caller gone, lease ended, agent removed): stop ringing the agent.
struct Release {
  InteractionId interaction;
  std::string agent, reason;
};
struct SaveAgent {
  store::AgentRecord agent;
};
struct ForgetAgent {
  std::string agent;
};
struct SavePlace {
  store::QueuePlace place;
};
struct RemovePlace {
  InteractionId interaction;
};
struct Record {
  store::EventRecord event;
};
using Effect = std::variant<Reserve, Release, SaveAgent, ForgetAgent, SavePlace, RemovePlace, Record>;

struct AgentView {
  std::string id, name, line;
  AgentState state;
  std::string reason;
  WallTime since;
  std::optional<AgentState> pending;
  InteractionId interaction;
  std::vector<std::string> skill_groups;
};
struct QueueView {
  std::string skill_group;
  std::size_t waiting = 0;   ///< not yet reserved for
  std::size_t reserved = 0;  ///< an agent is being rung
  std::size_t talking = 0;
  std::size_t available = 0;              ///< agents READY
  std::optional<WallTime> longest_since;  ///< when the longest-waiting one was enqueued
};

/// The states of an agent:
///
///   LOGOUT <-> NOT_READY <-> READY -> RESERVED -> TALKING <-> HOLD -> WORK_READY -> READY
///                 ^                      |            |            +-> WORK -> NOT_READY
///                 +---- not answered ----+            +-> READY / NOT_READY / LOGOUT (no wrap-up)
///
/// An agent chooses between LOGOUT, NOT_READY and READY; while busy the wish is kept and takes effect after the call.
/// The longest-available agent gets the interaction of the highest priority, then of the longest wait.
class Router {
 public:
  /// `wall` is the wall clock at `now`; the stamps of records are computed from the two.
  Router(Time now, WallTime wall);
  ~Router();
  /// Tells of a step of the wall clock.
  void set_wall_clock(Time now, WallTime wall);

  /// Skill groups and agents of the site; call again after a reload. Agents that are new are LOGOUT. Those that are
  /// gone are forgotten, once their call is over. Interactions of a skill group that is gone keep their place and wait.
  void configure(const policy::Site& site, Time now);

  /// After configure(), once: what the store holds from a process that is gone. Its calls died with it, so every place
  /// is given up ("lost" in the event log) and nobody stays busy: RESERVED becomes what was pending, else READY (it was
  /// READY before); TALKING and HOLD become what was pending, else NOT_READY ("the site restarted during the call");
  /// WORK and WORK_READY end when their wrap-up time ends.
  void restore(const std::vector<store::AgentRecord>& agents, const std::vector<store::QueuePlace>& places, Time now);

  // Interactions.
  Result<> enqueue(const InteractionId& interaction, std::string_view skill_group, Time now, int priority = 0);
  /// The reserved agent picked up. Fails if the reservation is over: then drop the agent's leg.
  Result<> agent_answered(const InteractionId& interaction, Time now);
  /// The reserved agent did not: NOT_READY with the reason "call not answered"; the interaction keeps its place and the
  /// next agent is chosen.
  void ring_no_answer(const InteractionId& interaction, Time now);
  /// The phone could not be reached or refused (busy, not registered): as above with `reason`.
  void delivery_failed(const InteractionId& interaction, std::string_view reason, Time now);
  void call_held(const InteractionId& interaction, Time now);
  void call_resumed(const InteractionId& interaction, Time now);
  /// The caller left while waiting or while an agent was rung (then READY again, at the old place in line).
  void caller_left(const InteractionId& interaction, Time now);
  /// The call with the agent is over (whoever ended it).
  void call_ended(const InteractionId& interaction, Time now);

  // Agents.
  Result<> set_agent_state(std::string_view agent, AgentState wanted, std::string_view reason, Time now);

  // Time and outputs.
  void expire(Time now);
  [[nodiscard]] std::optional<Time> next_timer() const;
  std::optional<Effect> poll();

  // Views.
  [[nodiscard]] std::vector<AgentView> agents() const;  ///< by id
  [[nodiscard]] std::vector<QueueView> queues() const;  ///< by name
  /// 1 for the next one to be served of its group; nothing if it does not wait.
  [[nodiscard]] std::optional<std::size_t> position(const InteractionId& interaction) const;
  /// The agent that is reserved for or talks with it; empty if none.
  [[nodiscard]] std::string agent_of(const InteractionId& interaction) const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::router
