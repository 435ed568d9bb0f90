#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall::sip {

/// One warning-value of RFC 3261 section 20.43: `399 edge.ringwall.test "text"`.
struct Warning {
  int code = 399;
  std::string agent;  ///< host, host:port or pseudonym of the one who warns
  std::string text;   ///< unescaped
};

/// Characters that a quoted string cannot hold (CR, LF, NUL) become spaces.
std::string print(const Warning& warning);
Result<Warning> parse_warning(std::string_view value);

}  // namespace ringwall::sip
