#include "router/floor.h"

namespace ringwall::router {
namespace {

bool may_be_asked(AgentState wanted) {
  return wanted != AgentState::reserved && wanted != AgentState::talking && wanted != AgentState::hold;
}

bool is_work(AgentState state) {
  return state == AgentState::work || state == AgentState::work_ready;
}

}  // namespace

Result<> Router::set_agent_state(std::string_view id, AgentState wanted, std::string_view reason, Time now) {
  Core& core = *core_;
  const auto found = core.agents.find(id);
  if (found == core.agents.end() || found->second.leaving)
    return fail(fmt::format("there is no agent '{}'", id), "router", "write an [[agent]] with this id");
  if (!may_be_asked(wanted))
    return fail(fmt::format("nobody chooses {}: it comes with a call", store::print(wanted)), "router",
                "choose READY, NOT_READY, LOGOUT, WORK or WORK_READY");
  AgentEntry& agent = found->second;
  const bool on_call = agent.state == AgentState::talking || agent.state == AgentState::hold;
  if (is_work(wanted) && !on_call && !is_work(agent.state))
    return fail(
        fmt::format("{} follows a call, and agent '{}' is {}", store::print(wanted), id, store::print(agent.state)),
        "router", "choose READY or NOT_READY");
  if (on_call || agent.state == AgentState::reserved) {
    agent.pending = wanted;
    agent.pending_reason = reason;
    core.save(found->first, agent);
    return {};
  }
  if (wanted == agent.state && reason == agent.reason) return {};
  if (wanted == AgentState::ready && agent.state == AgentState::ready) return {};  // keeps the place in line
  const std::string name = found->first;
  if (is_work(wanted) && agent.timer)
    core.enter_until(name, wanted, reason, *agent.timer, now);
  else
    core.enter(name, wanted, reason, now);
  if (wanted == AgentState::ready) core.match_agent(name, now);
  return {};
}

}  // namespace ringwall::router
