#include "sip/transaction/client_non_invite.h"

namespace ringwall::sip {

ClientNonInvite::ClientNonInvite(const Timing& timing, Time now)
    : timing_(timing), interval_(timing.t1), end_(now + timing.patience()) {
  if (!timing.reliable) retransmit_ = now + interval_;
}

Step ClientNonInvite::receive(int status, Time now) {
  if (answered()) return {};
  if (status < 200) {
    state_ = State::proceeding;
    return {.deliver = true};
  }
  state_ = timing_.reliable ? State::terminated : State::completed;
  retransmit_ = never;
  end_ = timing_.reliable ? never : now + timing_.t4;  // timer K
  return {.deliver = true};
}

Step ClientNonInvite::expire(Time now) {
  if (now >= end_) {
    const bool unanswered = !answered();
    state_ = State::terminated;
    retransmit_ = end_ = never;
    return {.failed = unanswered};
  }
  if (now < retransmit_) return {};
  interval_ = state_ == State::proceeding ? timing_.t2 : std::min(interval_ * 2, timing_.t2);
  retransmit_ = now + interval_;
  return {.transmit = true};
}

Step ClientNonInvite::transport_failed() {
  const bool unanswered = !answered();
  state_ = State::terminated;
  retransmit_ = end_ = never;
  return {.failed = unanswered};
}

}  // namespace ringwall::sip
