#include "cli/agent.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "cli/context.h"
#include "cli/json_text.h"
#include "desktop/control_client.h"

namespace ringwall::cli {
namespace {

void set_state(CommandContext& context, const std::string& agent, std::string_view state, const std::string& reason) {
  const desktop::ControlClient client(context.site);
  boost::json::object body{{"state", state}};
  if (!reason.empty()) body["reason"] = reason;
  const auto answer = client.call("PUT", "/v1/agents/" + agent + "/state", body);
  if (!answer) {
    context.failed(answer.error());
    return;
  }
  if (context.json)
    context.print_json(*answer);
  else
    context.out() << "agent " << agent << " is " << text_of(*answer, "state") << "\n";
}

}  // namespace

void add_agent(CLI::App& app, CommandContext& context) {
  auto* agent = app.add_subcommand("agent", "Set agents' states");
  agent->require_subcommand(1);
  const std::pair<const char*, const char*> states[] = {
      {"ready", "READY"}, {"not-ready", "NOT_READY"}, {"logout", "LOGOUT"}};
  for (const auto& [word, wanted] : states) {
    auto* command = agent->add_subcommand(word, fmt::format("Make an agent {}", wanted));
    auto id = std::make_shared<std::string>();
    auto reason = std::make_shared<std::string>();
    command->add_option("ID", *id, "The agent, e.g. 1001")->required();
    command->add_option("--reason", *reason, "Why, for the record");
    command->callback([&context, id, reason, state = std::string(wanted)] { set_state(context, *id, state, *reason); });
  }
}

}  // namespace ringwall::cli
