#include "sip/transaction/server_invite.h"

#include <utility>

namespace ringwall::sip {

Step ServerInvite::receive_invite() {
  if (std::exchange(trying_, never) != never) return {.trying = true};
  return {.transmit = state_ == State::proceeding || state_ == State::completed};
}

Step ServerInvite::receive_ack(Time now) {
  if (state_ != State::completed) return {};
  state_ = timing_.reliable ? State::terminated : State::confirmed;
  retransmit_ = never;
  end_ = timing_.reliable ? never : now + timing_.t4;  // timer I
  return {};
}

Step ServerInvite::respond(int status, Time now) {
  if (answered()) return {};
  trying_ = never;
  if (status < 200) return {.transmit = true};
  end_ = now + timing_.patience();  // timer L or H
  if (status < 300) {
    state_ = State::accepted;
    return {.transmit = true};
  }
  state_ = State::completed;
  if (!timing_.reliable) retransmit_ = now + interval_;
  return {.transmit = true};
}

Step ServerInvite::expire(Time now) {
  if (now >= trying_) {
    trying_ = never;
    return {.trying = true};
  }
  if (now >= end_) {
    const bool no_ack = state_ == State::completed;
    state_ = State::terminated;
    retransmit_ = end_ = never;
    return {.failed = no_ack};
  }
  if (now < retransmit_) return {};
  interval_ = std::min(interval_ * 2, timing_.t2);
  retransmit_ = now + interval_;
  return {.transmit = true};
}

Step ServerInvite::transport_failed() {
  // In Accepted the user learns of it by the missing ACK (RFC 6026 section 7.1).
  if (state_ == State::accepted || terminated()) return {};
  const bool unanswered = state_ == State::proceeding;
  state_ = State::terminated;
  retransmit_ = end_ = trying_ = never;
  return {.failed = unanswered};
}

}  // namespace ringwall::sip
