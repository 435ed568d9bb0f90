#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "media/ice/stun_message.h"
#include "media/session/packet_address.h"

namespace ringwall::media {

/// A place of ours with a place of the peer (RFC 8445 section 6.1.2). We have one place for each component, so the
/// component and the peer's address name the pair.
struct IcePair {
  enum class State : std::uint8_t { frozen, waiting, in_progress, succeeded, failed };

  std::uint16_t component = 1;
  PacketAddress remote;
  std::uint32_t local_priority = 0, remote_priority = 0;
  std::string foundation;  ///< the peer's; ours is the same for all
  State state = State::frozen;
  bool valid = false;  ///< a check of ours has succeeded; lite: the peer's has come
  bool heard = false;  ///< an authenticated request has come on it
  bool nominated = false;
  bool nominate_on_success = false;  ///< the peer has nominated it, or we are about to
  bool triggered = false;            ///< stands before the ordinary checks

  // the check under way
  bool nominating = false;  ///< it says so to the peer
  stun::TransactionId transaction{};
  Duration timeout{};
  Time repeat_at{};
  unsigned sent = 0;

  /// RFC 8445 section 6.1.2.3.
  [[nodiscard]] std::uint64_t priority(bool controlling) const {
    const std::uint64_t g = controlling ? local_priority : remote_priority;
    const std::uint64_t d = controlling ? remote_priority : local_priority;
    return (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
  }
};

}  // namespace ringwall::media
