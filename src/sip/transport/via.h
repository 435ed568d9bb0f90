#pragma once

#include <string>
#include <string_view>

#include "sip/message/message.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

/// The top Via value as the server transport passes it on (RFC 3261 section 18.2.1, RFC 3581 section 4): `received` is
/// added when sent-by is not the address the request came from or `rport` was asked for, and an empty `rport` gets the
/// source port. What the peer itself wrote as `received`, or as a value of `rport`, is replaced.
std::string stamp_via(const Via& via, const NetAddress& source);

/// Where a response goes when the flow of its request is gone or there is none (RFC 3261 section 18.2.2, RFC 3581
/// section 4). `via` is the top Via as stamped; `transport` that of the request.
struct ResponseTarget {
  std::string host;        ///< IP literal without brackets, or a name that has to be resolved
  std::uint16_t port = 0;  ///< the default port of the transport where Via names none
};
ResponseTarget response_target(const Via& via, Transport transport);

/// 5061 for TLS, 443 and 80 for WebSockets (RFC 7118 section 5.2), 5060 for the others.
std::uint16_t default_port(Transport transport);

}  // namespace ringwall::sip
