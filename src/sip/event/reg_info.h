#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringwall::sip::event {

/// One binding as the reg package shows it (RFC 3680 section 5.2).
struct RegisteredContact {
  std::string id;
  bool active = true;                ///< else terminated
  std::string event = "registered";  ///< "created", "refreshed", "expired", "unregistered", "deactivated", ...
  std::string uri;
  std::chrono::seconds expires{};  ///< left; shown while active
  std::string call_id;
  std::uint32_t cseq = 0;
  std::string instance;  ///< +sip.instance, with its angle brackets
};

/// The document of the reg package (application/reginfo+xml) for one address-of-record.
struct RegInfo {
  std::uint32_t version = 0;  ///< one more in each NOTIFY of a subscription
  bool full = true;
  std::string aor;
  std::string id;       ///< of the registration element
  bool active = false;  ///< it has a binding; else `init`, or `terminated` when the last one went
  bool terminated = false;
  std::vector<RegisteredContact> contacts;
};
std::string print(const RegInfo& info);

}  // namespace ringwall::sip::event
