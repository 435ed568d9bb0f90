#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall recording list|show|export|verify|rotate-keys|erase|pause|resume`.
void add_recording(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
