#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "policy/draft.h"

// toml++ is slow to compile; only what parses includes it.
namespace toml::inline v3 {
class table;
}

namespace ringwall::policy {

/// The text of a regular file of at most `limit` bytes.
Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t limit);

/// A text that the TOML parser can take without exhausting the stack: brackets no deeper than
/// limits::configuration_nesting, no line with more than limits::configuration_dots_per_line dots (each dot of a key is
/// a table in a table), no NUL. Returns where it is not, as a finding without a file.
std::optional<Finding> find_excess(std::string_view text);

/// The parsed text, or null after adding a finding to the draft. `label` is the file's name in findings.
std::shared_ptr<const toml::table> parse_toml(std::string_view text, const std::string& label, Draft& draft);

}  // namespace ringwall::policy
