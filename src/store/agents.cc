#include "store/agents.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "store/columns.h"
#include "store/database.h"

namespace ringwall::store {
namespace {

constexpr std::array<std::pair<AgentState, std::string_view>, 8> states = {{
    {AgentState::logout, "LOGOUT"},
    {AgentState::not_ready, "NOT_READY"},
    {AgentState::ready, "READY"},
    {AgentState::reserved, "RESERVED"},
    {AgentState::talking, "TALKING"},
    {AgentState::hold, "HOLD"},
    {AgentState::work, "WORK"},
    {AgentState::work_ready, "WORK_READY"},
}};

constexpr std::string_view columns = "agent, state, reason, since, pending, interaction, until";

/// A row's values while SOCI reads them.
struct Row {
  std::string agent, state, reason, pending, interaction;
  long long since = 0, until = 0;

  [[nodiscard]] AgentRecord record() const {
    AgentRecord out;
    out.agent = agent;
    out.state = parse_agent_state(state).value_or(AgentState::not_ready);
    out.reason = reason;
    out.since = from_column(since);
    out.pending = parse_agent_state(pending);
    out.interaction = interaction;
    if (until != 0) out.until = from_column(until);
    return out;
  }
};

}  // namespace

std::string_view print(AgentState state) {
  return std::ranges::find(states, state, &std::pair<AgentState, std::string_view>::first)->second;
}

std::optional<AgentState> parse_agent_state(std::string_view text) {
  for (const auto& [state, word] : states)
    if (equals_ignoring_case(word, text)) return state;
  return std::nullopt;
}

Result<> Agents::put(const AgentRecord& agent) {
  return database_.run("saving an agent's state", [&](soci::session& sql) {
    const std::string state(print(agent.state)), pending(agent.pending ? print(*agent.pending) : "");
    const long long since = to_column(agent.since), until = agent.until ? to_column(*agent.until) : 0;
    sql << "INSERT INTO agents (" << columns
        << ") VALUES (:agent, :state, :reason, :since, :pending, :interaction, :until) "
        << "ON CONFLICT (agent) DO UPDATE SET state = excluded.state, reason = excluded.reason, since = "
           "excluded.since, "
        << "pending = excluded.pending, interaction = excluded.interaction, until = excluded.until",
        soci::use(agent.agent), soci::use(state), soci::use(agent.reason), soci::use(since), soci::use(pending),
        soci::use(agent.interaction), soci::use(until);
  });
}

Result<> Agents::remove(std::string_view agent) {
  return database_.run("forgetting an agent", [&](soci::session& sql) {
    const std::string id(agent);
    sql << "DELETE FROM agents WHERE agent = :agent", soci::use(id);
  });
}

Result<std::optional<AgentRecord>> Agents::find(std::string_view agent) {
  std::optional<AgentRecord> found;
  TRY_VOID(database_.run("reading an agent's state", [&](soci::session& sql) {
    const std::string id(agent);
    Row row;
    sql << "SELECT " << columns << " FROM agents WHERE agent = :agent", soci::use(id), soci::into(row.agent),
        soci::into(row.state), soci::into(row.reason), soci::into(row.since), soci::into(row.pending),
        soci::into(row.interaction), soci::into(row.until);
    if (sql.got_data()) found = row.record();
  }));
  return found;
}

Result<std::vector<AgentRecord>> Agents::all() {
  std::vector<AgentRecord> found;
  TRY_VOID(database_.run("reading the agents' states", [&](soci::session& sql) {
    found.clear();
    Row row;
    soci::statement read = (sql.prepare << "SELECT " << columns << " FROM agents ORDER BY agent", soci::into(row.agent),
                            soci::into(row.state), soci::into(row.reason), soci::into(row.since),
                            soci::into(row.pending), soci::into(row.interaction), soci::into(row.until));
    read.execute();
    while (read.fetch())
      found.push_back(row.record());
  }));
  return found;
}

}  // namespace ringwall::store
