#pragma once

#include "sip/endpoint/endpoint.h"

namespace ringwall::sip {

/// Whether a message holds a session description, also as a part of a multipart body. One with another disposition
/// than `session` (RFC 3261 section 20.11) is none.
bool is_description(const Message& message);
bool is_description(const Body& body);
/// What tells the description of a message from another one, but for its o= line, which some peers count up each time;
/// 0: it holds none.
std::uint64_t description_mark(const Message& message);

}  // namespace ringwall::sip
