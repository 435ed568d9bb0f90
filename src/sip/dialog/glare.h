#pragma once

#include <cstdint>

#include "base/time.h"

namespace ringwall::sip {

/// How long our re-INVITE waits after a 491 (RFC 3261 section 14.1): 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s
/// for the other side, in steps of 10 ms.
inline Duration glare_delay(bool owns_call_id, std::uint64_t random) {
  const std::uint64_t steps = owns_call_id ? 210 + random % 191 : random % 201;
  return std::chrono::milliseconds(steps * 10);
}

}  // namespace ringwall::sip
