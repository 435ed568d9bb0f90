#pragma once

#include <cstddef>

#include "sip/message/message.h"

namespace ringwall::sip {

/// More bytes than any known header name has.
inline constexpr std::size_t known_name_room = 32;

/// parse_header_name() of `length` (at least 1) bytes at `text`, where known_name_room bytes may be read.
HeaderName find_header_name(const char* text, std::size_t length);

}  // namespace ringwall::sip
