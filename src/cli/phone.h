#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall phone`: a scripted phone that registers, calls, answers, plays, records, and says what was secure.
void add_phone(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
