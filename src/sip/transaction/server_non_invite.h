#pragma once

#include "sip/transaction/timing.h"

namespace ringwall::sip {

//  Non-INVITE server transaction (RFC 3261 section 17.2.2)
//
//             | request: deliver
//             v            64*T1 without a final response: the client has given up
//          Trying -------------------------------------------> Terminated
//   1xx: send | \ 200-699 from user: send                       ^    ^
//             v  `-----------> Completed -- J, transport error -'    |
//        Proceeding ---------> request: send again                   |
//   request: send again -- transport error -------------------------'
class ServerNonInvite {
 public:
  enum class State : std::uint8_t { trying, proceeding, completed, terminated };

  ServerNonInvite(const Timing& timing, Time now) : timing_(timing), end_(now + timing.patience()) {}

  Step receive_request();  ///< a retransmission
  Step respond(int status, Time now);
  Step expire(Time now);
  Step transport_failed();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool terminated() const { return state_ == State::terminated; }
  [[nodiscard]] bool answered() const { return state_ >= State::completed; }
  [[nodiscard]] Time next_timer() const { return end_; }

 private:
  Timing timing_;
  State state_ = State::trying;
  Time end_;  ///< the client's timer F as seen from here, then timer J
};

}  // namespace ringwall::sip
