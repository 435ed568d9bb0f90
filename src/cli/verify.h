#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall verify`: sends a real call through the running site and proves what was on the wire.
void add_verify(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
