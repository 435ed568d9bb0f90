#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringwall::call {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// "choice=1&name=Ada+B": application/x-www-form-urlencoded, the body in which a script's results come back with the
/// BYE (RFC 5552 section 4.2).
std::string print_form_urlencoded(const NamedValues& values);
/// Reads the same; malformed escapes are kept as they stand. At most limits::form_pairs.
NamedValues parse_form_urlencoded(std::string_view body);

}  // namespace ringwall::call
