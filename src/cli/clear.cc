#include "cli/clear.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "cli/context.h"
#include "desktop/control_client.h"

namespace ringwall::cli {

Result<> end_block(CommandContext& context, const std::string& source) {
  TRY(const auto answer,
      desktop::ControlClient(context.site).call("POST", "/v1/unblock", boost::json::object{{"source", source}}));
  if (context.json)
    context.print_json(answer);
  else
    context.out() << "no longer blocked: " << source << "\n";
  return {};
}

void add_clear(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("clear", "Take something back that the running site has done");
  command->require_subcommand(1);
  auto* block = command->add_subcommand("block", "Let a blocked source in again (see 'ringwall show connections')");
  auto source = std::make_shared<std::string>();
  block->add_option("ADDRESS", *source, "IP address, or what 'show connections' calls the source")->required();
  block->callback([&context, source] {
    if (const auto done = end_block(context, *source); !done) context.failed(done.error());
  });
}

}  // namespace ringwall::cli
