#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall run`: runs the site in the foreground until SIGTERM (drain) or SIGINT (now); SIGHUP reloads.
void add_run(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
