#pragma once

#include <string>

#include "base/result.h"

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// `ringwall clear block ADDRESS`: lets a blocked source in again before its time.
void add_clear(CLI::App& app, CommandContext& context);

/// The same for the console: prints what was done.
Result<> end_block(CommandContext& context, const std::string& source);

}  // namespace ringwall::cli
