#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "base/time.h"

namespace ringwall::sip {

/// A deadline that never comes.
inline constexpr Time never = Time::max();

/// The base values of RFC 3261 section 17 (its Table 4) and whether the transport repeats lost bytes itself.
struct Timing {
  Duration t1 = std::chrono::milliseconds(500);  ///< round-trip estimate
  Duration t2 = std::chrono::seconds(4);         ///< longest interval between retransmissions
  Duration t4 = std::chrono::seconds(5);         ///< longest life of a message in the network
  bool reliable = true;

  [[nodiscard]] Duration patience() const { return 64 * t1; }  ///< timers B, F, H, L, M and J
};

/// What the owner of a transaction machine has to do after one input. The machine has changed its state already.
struct Step {
  bool transmit = false;     ///< send the request, or the last response, (again)
  bool acknowledge = false;  ///< client INVITE only: send the ACK for the non-2xx final response
  bool deliver = false;      ///< the transaction user gets the message
  bool failed = false;       ///< the transaction user is told that there was no answer
  bool trying = false;       ///< server INVITE only: send 100 now
};

/// When an owner is due next, as the queue last heard it. One per owner, kept by the owner.
struct TimerSlot {
  Time queued = never;
};

/// All deadlines of one endpoint: a binary heap of (time, owner), with lazy deletion. A deadline that moves later costs
/// nothing: the owner is woken at the old time, finds nothing due, and is scheduled again.
class TimerQueue {
 public:
  void schedule(std::uint64_t owner, TimerSlot& slot, Time deadline) {
    if (deadline >= slot.queued) return;
    slot.queued = deadline;
    heap_.push({deadline, owner});
  }

  struct Due {
    Time at;
    std::uint64_t owner;
  };
  /// The next entry that is due. Its owner may be gone, or be asleep until another time: see `claims`.
  std::optional<Due> pop(Time now) {
    if (heap_.empty() || heap_.top().at > now) return std::nullopt;
    const Due due = heap_.top();
    heap_.pop();
    return due;
  }
  /// True if the entry is the slot's own; the slot is free to be scheduled again then.
  static bool claims(const Due& due, TimerSlot& slot) {
    if (slot.queued != due.at) return false;
    slot.queued = never;
    return true;
  }

  [[nodiscard]] std::optional<Time> next() const {
    return heap_.empty() ? std::nullopt : std::optional(heap_.top().at);
  }

 private:
  struct Later {
    bool operator()(const Due& a, const Due& b) const { return a.at > b.at; }
  };
  std::priority_queue<Due, std::vector<Due>, Later> heap_;
};

}  // namespace ringwall::sip
