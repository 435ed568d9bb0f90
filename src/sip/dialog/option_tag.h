#pragma once

#include <algorithm>

#include "base/text.h"
#include "sip/message/message.h"

namespace ringwall::sip {

/// Whether a list header (Supported, Require, ...) holds an option tag (RFC 3261 section 19.2).
inline bool has_option(const Message& message, HeaderName header, std::string_view tag) {
  if (!message.has(header)) return false;
  return std::ranges::any_of(message.values(header),
                             [tag](std::string_view value) { return equals_ignoring_case(value, tag); });
}

}  // namespace ringwall::sip
