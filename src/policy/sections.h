#pragma once

#include <string>

#include "policy/toml_file.h"

namespace ringwall::policy {

/// Reads every table of one parsed file into the draft. `label` is the file's name in findings.
void read_sections(const toml::table& root, const std::string& label, Draft& draft);

}  // namespace ringwall::policy
