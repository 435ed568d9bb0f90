#pragma once

#include <string>
#include <string_view>

#include "sip/message/message.h"

/// The torture messages of RFC 4475, by their names there: for tests.
namespace ringwall::sip::rfc4475 {

std::string load(const std::string& name);
Message accept(const std::string& name);     ///< throws if it is refused
ParseError refuse(const std::string& name);  ///< throws if it is accepted
/// It is refused, and answered, with 400 and a reason that holds `reason`.
void expect_bad_request(const std::string& name, std::string_view reason);

}  // namespace ringwall::sip::rfc4475
