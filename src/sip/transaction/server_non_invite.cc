#include "sip/transaction/server_non_invite.h"

namespace ringwall::sip {

Step ServerNonInvite::receive_request() {
  return {.transmit = state_ == State::proceeding || state_ == State::completed};
}

Step ServerNonInvite::respond(int status, Time now) {
  if (answered()) return {};
  if (status < 200) {
    state_ = State::proceeding;
    return {.transmit = true};
  }
  state_ = timing_.reliable ? State::terminated : State::completed;
  end_ = timing_.reliable ? never : now + timing_.patience();  // timer J
  return {.transmit = true};
}

Step ServerNonInvite::expire(Time now) {
  if (now < end_) return {};
  const bool unanswered = !answered();
  state_ = State::terminated;
  end_ = never;
  return {.failed = unanswered};
}

Step ServerNonInvite::transport_failed() {
  const bool unanswered = !answered();
  state_ = State::terminated;
  end_ = never;
  return {.failed = unanswered};
}

}  // namespace ringwall::sip
