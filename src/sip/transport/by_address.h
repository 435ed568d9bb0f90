#pragma once

#include "base/text.h"
#include "sip/message/message.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

/// Whether the sender of a request knows this side by its address and not by its name: it opened its connection so, or
/// the address stands where the name would (the topmost Route, else the Request-URI). It may be unable to look our name
/// up, so its later requests in the dialog (RFC 3261 section 12.2.1.1) need a Contact with the address.
inline bool asks_by_address(const Flow& flow, const Message& request) {
  if (flow.tls().by_address) return true;
  const auto is_own = [&flow](const Uri& uri) {
    return uri.is_sip() && equals_ignoring_case(uri.bare_host(), flow.local.ip);
  };
  const std::string_view route = request.header(HeaderName::route);
  if (route.empty()) return is_own(request.request_uri());
  const auto first = parse_name_addr(route);
  return first && is_own(first->uri);
}

}  // namespace ringwall::sip
