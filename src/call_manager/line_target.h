#pragma once

#include <string>
#include <vector>

#include "call/fork.h"
#include "call/tries.h"

namespace ringwall::call_manager {

/// Where a call to a line goes on: to a phone, or to the first that takes it of several `tries`.
struct LineTarget {
  std::string peer;  ///< phone, element or trunk
  std::string number;
  std::string request_uri;
  std::string path;  ///< Route of the INVITE: the proxies that the phone registered through (RFC 3327)
  sip::Route route;
  call::Tries tries;                      ///< not of a phone
  std::vector<call::ForkTarget> devices;  ///< of a line with several, all of them: the ones above are the first one's
};

}  // namespace ringwall::call_manager
