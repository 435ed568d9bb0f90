#pragma once

#include <string>

#include "call/tries.h"
#include "sip/transport/flow.h"

namespace ringwall::call_manager {

/// Where a call to a line goes on: to a phone, or to the first that takes it of several `tries`.
struct LineTarget {
  std::string peer;  ///< phone, element or trunk
  std::string number;
  std::string request_uri;
  std::string path;  ///< Route of the INVITE: the proxies that the phone registered through (RFC 3327)
  sip::Route route;
  call::Tries tries;  ///< not of a phone
};

}  // namespace ringwall::call_manager
