#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall::pki {

/// A name that a certificate may be issued for, in lower case: labels of letters, digits and hyphens (RFC 1123 section
/// 2.1), 63 characters each, 253 in all (RFC 1035 section 2.3.4); no wildcard, no IP address, no dot at the end.
Result<std::string> check_host_name(std::string_view name);

/// What stands before the first dot: the folder name of an element or phone.
std::string first_label(std::string_view host);

}  // namespace ringwall::pki
