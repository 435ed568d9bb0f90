#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall check`: validates the configuration, prints every finding and every waiver; fails if there is a finding.
void add_check(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
