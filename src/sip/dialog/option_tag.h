#pragma once

#include <algorithm>

#include "base/text.h"
#include "sip/message/list_headers.h"

namespace ringwall::sip {

/// Whether a list header (Supported, Require, ...) holds an option tag (RFC 3261 section 19.2).
inline bool has_option(const Message& message, HeaderName header, std::string_view tag) {
  if (!message.has(header)) return false;
  return std::ranges::any_of(message.headers(), [&](const HeaderField& field) {
    if (field.name != header) return false;
    ListReader reader(field.value);
    while (reader.next())
      if (equals_ignoring_case(reader.value(), tag)) return true;
    return false;
  });
}

}  // namespace ringwall::sip
