#pragma once

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall phone-device secret` and `ringwall trunk secret`: the digest secrets of a phone without certificate, and
/// of us at a carrier. The password itself is kept nowhere.
void add_secrets(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
