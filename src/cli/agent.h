#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall agent ready|not-ready|logout ID`, `ringwall agent list`.
void add_agent(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
