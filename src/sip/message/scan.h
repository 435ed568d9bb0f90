#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"

namespace ringwall::sip {

/// Where the logical lines of a message head end. A folded line (RFC 3261 section 7.3.1) is one.
struct HeadLines {
  std::array<std::uint32_t, limits::sip_header_count + 1> ends;  ///< offsets of their CRLFs; only `count` are set
  std::size_t count = 0;                                         ///< the start line is one of them
  std::size_t head_bytes = 0;                                    ///< with the empty line
  bool folded = false;                                           ///< some line goes on after a CRLF
  bool nul = false;  ///< there is a NUL near: somewhere in the head, or not far behind it
};

/// Finds the lines in one pass; returns what is wrong in plain words, or nullptr. A bare CR or LF is no line end in
/// SIP; taking it for one would let two parsers see different headers.
const char* scan_head(std::string_view bytes, HeadLines& out);

/// Offset of the first ':' in the 32 bytes at `text`, 32 if there is none.
std::size_t find_colon_32(const char* text);

/// Whether `text` holds a CR, LF or NUL.
bool holds_line_end(std::string_view text);

}  // namespace ringwall::sip
