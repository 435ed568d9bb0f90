#pragma once

#include <string_view>

#include "base/result.h"
#include "policy/site.h"

namespace ringwall::policy {

class TableReader;

/// One [[server_group]] table. What is written wrong becomes a finding and keeps its default.
void read_server_group(TableReader& in, Site& site);

/// A trunk's target: "192.0.2.1:5061", "[2001:db8::1]" (port 5061), "sip.example.com:5061", or "example.com", which is
/// looked up by NAPTR and SRV (RFC 3263 section 4).
Result<TrunkTarget> read_target(std::string_view text);

}  // namespace ringwall::policy
