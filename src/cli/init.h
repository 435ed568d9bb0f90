#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall init DIR`: makes a site folder with configuration, PKI, VoiceXML and prompts.
void add_init(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
