#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall {

/// The clock of everything that waits. Cores take it as an argument and never read it themselves.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;

/// The clock of everything that people read or that outlives the process, in seconds since 1970 UTC.
using WallTime = std::chrono::sys_seconds;

/// "2026-11-21T22:05:09Z" (RFC 3339, UTC).
std::string print_wall_time(WallTime time);
/// Reads the same form, or a bare date "2026-11-21" as its first second.
Result<WallTime> parse_wall_time(std::string_view text);

WallTime wall_now();

}  // namespace ringwall
