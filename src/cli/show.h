#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall show connections|calls|registrations|certificates|trunks|agents|queues|waivers|refusals|ports`.
void add_show(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
