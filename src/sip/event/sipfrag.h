#pragma once

#include <string>
#include <string_view>

namespace ringwall::sip::event {

/// The body that tells a referrer how far its call is: a status line (RFC 3515 section 2.4.5, RFC 3420).
std::string print_sipfrag(int status, std::string_view reason = {});  ///< empty reason: the RFC's phrase
/// The status in it; 0 if it does not begin with a status line.
int sipfrag_status(std::string_view body);
inline constexpr std::string_view sipfrag_type = "message/sipfrag;version=2.0";

}  // namespace ringwall::sip::event
