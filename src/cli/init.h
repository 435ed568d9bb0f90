#pragma once

#include <filesystem>

#include "base/result.h"

namespace CLI {
class App;
}

namespace ringwall::cli {

class CommandContext;

/// Makes the site folder whole, or not at all. Fails if the folder holds something.
Result<> make_site(const std::filesystem::path& folder);

/// `ringwall init DIR`: makes a site folder with configuration, PKI, VoiceXML and prompts.
void add_init(CLI::App& app, CommandContext& context);

}  // namespace ringwall::cli
