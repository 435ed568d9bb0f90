#pragma once

#include "base/text.h"
#include "sip/message/message.h"
#include "sip/transport/flow.h"

/// The rules of the SIPS scheme (RFC 5630, RFC 3261 section 26.2.2).
namespace ringwall::sip {

inline bool is_sips(std::string_view uri) {
  return equals_ignoring_case(uri.substr(0, 5), "sips:");
}

/// A request for a SIPS URI travels over TLS on every hop: neither sent nor taken over a clear transport.
inline bool breaks_sips(std::string_view request_uri, Transport transport) {
  return is_sips(request_uri) && !is_secure(transport);
}

/// Whether the Contact of our response has to be SIPS (RFC 3261 section 12.1.1): the request was for a SIPS URI, or
/// its topmost Record-Route, or without one its Contact, is one.
inline bool wants_sips_contact(const Message& request) {
  if (is_sips(request.request_uri().text)) return true;
  const std::string_view route = request.header(HeaderName::record_route);
  if (!route.empty()) {
    const auto first = parse_name_addr(route);
    return first && is_sips(first->uri.text);
  }
  const auto contact = request.contact();
  return contact && is_sips(contact->uri.text);
}

}  // namespace ringwall::sip
