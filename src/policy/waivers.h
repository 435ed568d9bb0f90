#pragma once

#include <string>
#include <vector>

#include "policy/site.h"

namespace ringwall::policy {

/// One waiver as `show waivers`, `ringwall check` and the report list it.
struct WaiverView {
  std::string name;
  std::string reason;
  WallTime until{};
  bool active = false;                ///< false: its end date has passed and everything that needs it is refused
  std::vector<std::string> profiles;  ///< profiles that lean on it
  std::vector<std::string> used_by;   ///< "trunk pstn", "phone x": what is clear because of it
};

std::vector<WaiverView> list_waivers(const Site& site, WallTime now);

/// True if the waiver exists and has not ended.
bool in_force(const Site& site, std::string_view waiver, WallTime now);

}  // namespace ringwall::policy
