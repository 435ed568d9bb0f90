#include "sip/transaction/client_invite.h"

namespace ringwall::sip {
namespace {

// Timer D: more than 32 s on unreliable transports, so that it outlives the server's timer H.
constexpr Duration timer_d = std::chrono::seconds(32);

}  // namespace

ClientInvite::ClientInvite(const Timing& timing, Time now)
    : timing_(timing), interval_(timing.t1), end_(now + timing.patience()) {
  if (!timing.reliable) retransmit_ = now + interval_;
}

Step ClientInvite::receive(int status, Time now) {
  if (status < 200) return provisional();
  return status < 300 ? success(now) : failure(now);
}

Step ClientInvite::provisional() {
  if (answered()) return {};
  if (state_ == State::calling) retransmit_ = end_ = never;  // timers A and B: section 17.1.1.2
  state_ = State::proceeding;
  return {.deliver = true};
}

Step ClientInvite::success(Time now) {
  if (state_ == State::accepted) return {.deliver = true};  // a retransmission, or another fork's
  if (answered()) return {};
  state_ = State::accepted;
  retransmit_ = never;
  end_ = now + timing_.patience();  // timer M
  return {.deliver = true};
}

Step ClientInvite::failure(Time now) {
  if (state_ == State::completed) return {.acknowledge = true};
  if (answered()) return {};
  state_ = timing_.reliable ? State::terminated : State::completed;
  retransmit_ = never;
  end_ = timing_.reliable ? never : now + std::max(timer_d, timing_.patience());
  return {.acknowledge = true, .deliver = true};
}

void ClientInvite::give_up(Time now) {
  if (state_ == State::proceeding) end_ = std::min(end_, now + timing_.patience());
}

Step ClientInvite::expire(Time now) {
  if (now >= end_) {
    const bool unanswered = !answered();
    state_ = State::terminated;
    retransmit_ = end_ = never;
    return {.failed = unanswered};
  }
  if (now < retransmit_) return {};
  interval_ *= 2;
  retransmit_ = now + interval_;
  return {.transmit = true};
}

Step ClientInvite::transport_failed() {
  // After a 2xx only the user's ACK can fail, and a copy of the 2xx may still come (RFC 6026 section 7.2).
  if (state_ == State::accepted || terminated()) return {};
  const bool unanswered = state_ != State::completed;
  state_ = State::terminated;
  retransmit_ = end_ = never;
  return {.failed = unanswered};
}

}  // namespace ringwall::sip
