#pragma once

#include "sip/endpoint/endpoint.h"

namespace ringwall::sip {

/// Whether a message holds a session description, also as a part of a multipart body. One with another disposition
/// than `session` (RFC 3261 section 20.11) is none.
bool is_description(const Message& message);
bool is_description(const Body& body);

}  // namespace ringwall::sip
