#pragma once

#include "cli/context.h"
#include "pki/site_identities.h"

namespace ringwall::cli {

/// `ringwall pki init|issue|list|show`. `app` is the program's command line; `context` must outlive its parsing.
void add_pki(CLI::App& app, CommandContext& context);

using pki::make_site_identities;  ///< for `ringwall init`

}  // namespace ringwall::cli
