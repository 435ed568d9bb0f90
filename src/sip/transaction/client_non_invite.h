#pragma once

#include "sip/transaction/timing.h"

namespace ringwall::sip {

//  Non-INVITE client transaction (RFC 3261 section 17.1.2)
//
//                | request sent
//         E: send|again      F or transport error: failed
//              Trying ------------------------------------> Terminated
//               | \ 200-699: deliver                          ^  ^
//   1xx: deliver|  `----------------> Completed -- K --------'   |
//               v                     ^                          |
//           Proceeding -- 200-699 ---'                           |
//      E: send again (every T2) -- F or transport error: failed -'
class ClientNonInvite {
 public:
  enum class State : std::uint8_t { trying, proceeding, completed, terminated };

  /// The request is sent by the caller now.
  ClientNonInvite(const Timing& timing, Time now);

  Step receive(int status, Time now);
  Step expire(Time now);
  Step transport_failed();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool terminated() const { return state_ == State::terminated; }
  [[nodiscard]] bool answered() const { return state_ >= State::completed; }
  [[nodiscard]] Time next_timer() const { return std::min(retransmit_, end_); }

 private:
  Timing timing_;
  State state_ = State::trying;
  Duration interval_;        ///< of timer E
  Time retransmit_ = never;  ///< timer E
  Time end_;                 ///< timer F or K
};

}  // namespace ringwall::sip
