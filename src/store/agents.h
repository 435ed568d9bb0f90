#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ringwall::store {

class Database;

enum class AgentState : std::uint8_t { logout, not_ready, ready, reserved, talking, hold, work, work_ready };
std::string_view print(AgentState state);                            ///< "NOT_READY"
std::optional<AgentState> parse_agent_state(std::string_view text);  ///< the same words, in any case

/// An agent's state as it survives the process.
struct AgentRecord {
  std::string agent;  ///< "1001"
  AgentState state = AgentState::logout;
  std::string reason;                 ///< why, if there is a reason
  WallTime since{};                   ///< when this state began
  std::optional<AgentState> pending;  ///< asked for while busy; takes effect after the call
  std::string interaction;            ///< reserved, talking, hold, work: for whom
  std::optional<WallTime> until;      ///< reserved: end of the lease; work, work_ready: end of wrap-up
  friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

/// One row per agent. Every call is one durable transaction.
class Agents {
 public:
  explicit Agents(Database& database) : database_(database) {}
  Result<> put(const AgentRecord& agent);  ///< inserts or replaces
  Result<> remove(std::string_view agent);
  Result<std::optional<AgentRecord>> find(std::string_view agent);
  Result<std::vector<AgentRecord>> all();  ///< by agent id

 private:
  Database& database_;
};

}  // namespace ringwall::store
