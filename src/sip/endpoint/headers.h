#pragma once

#include <string_view>

#include "sip/endpoint/endpoint.h"

namespace ringwall::sip {

/// What the endpoint takes; what is not here is answered 405. The application's own Allow header replaces it.
inline constexpr std::string_view allowed_methods =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, MESSAGE, NOTIFY, PUBLISH, REFER, REGISTER, SUBSCRIBE";

bool has_header(const Headers& headers, HeaderName name);

/// Headers that belong to the endpoint: an application cannot set them.
bool is_own_header(HeaderName name);

}  // namespace ringwall::sip
