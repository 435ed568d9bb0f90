#pragma once

#include "base/time.h"

namespace ringwall::store {

/// Times are kept as seconds since 1970 UTC, in both back ends alike.
inline long long to_column(WallTime time) {
  return time.time_since_epoch().count();
}
inline WallTime from_column(long long seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

}  // namespace ringwall::store
