#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "proof/tls_records.h"

/// The bodies of the handshake messages that travel in clear. Nothing: the message is malformed.
namespace ringwall::proof {

std::optional<ClientHello> parse_client_hello(Bytes body);  ///< RFC 8446 section 4.1.2
std::optional<ServerHello> parse_server_hello(Bytes body);  ///< RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3
/// Whether it is a HelloRetryRequest: a ServerHello with a fixed random value, after which the real one follows.
bool is_hello_retry_request(Bytes body);
/// The group of an ECDHE ServerKeyExchange (RFC 8422 section 5.4); empty for other kinds.
std::string parse_key_exchange_group(Bytes body);
/// The DNS and URI SANs of the first certificate (RFC 5246 section 7.4.2), or its common name if it has none.
std::vector<std::string> parse_certificate_names(Bytes body);

}  // namespace ringwall::proof
