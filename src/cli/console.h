#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall console`: understands the words of the systems that Ringwall replaces.
void add_console(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
