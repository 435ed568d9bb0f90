#pragma once

#include <string_view>

#include "sip/endpoint/endpoint.h"

namespace ringwall::sip {

bool has_header(const Headers& headers, HeaderName name);

/// Headers that belong to the endpoint: an application cannot set them.
bool is_own_header(HeaderName name);

}  // namespace ringwall::sip
