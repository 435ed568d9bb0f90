#pragma once

#include <filesystem>

#include "base/result.h"

namespace ringwall::cli {

/// Where the sample site (ringwall.toml, vxml/, prompts/) lies: share/ beside the program, or ../share/ringwall.
Result<std::filesystem::path> share_folder();

}  // namespace ringwall::cli
