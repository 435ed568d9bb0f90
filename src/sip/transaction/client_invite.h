#pragma once

#include "sip/transaction/timing.h"

namespace ringwall::sip {

//  INVITE client transaction (RFC 3261 section 17.1.1 with RFC 6026 section 7.2)
//
//                   | INVITE sent
//            A: send|again    B or transport error: failed
//                 Calling ---------------------------------> Terminated
//       1xx:       |  |  \_ 2xx: deliver
//       deliver    |  |     \______________________
//           Proceeding \ 300-699: ACK, deliver     \
//    1xx: deliver  |  \ \                           \
//                  |   \ `--------> Completed        Accepted -- 2xx: deliver (the user sends each ACK)
//                  |    `-------->  | 300-699: ACK    |
//                  `--- 2xx --------|-------------->  |
//                              D: Terminated     M: Terminated
class ClientInvite {
 public:
  enum class State : std::uint8_t { calling, proceeding, completed, accepted, terminated };

  /// The INVITE is sent by the caller now.
  ClientInvite(const Timing& timing, Time now);

  Step receive(int status, Time now);  ///< a response that matched this transaction
  Step expire(Time now);
  Step transport_failed();
  /// A CANCEL was sent, or nobody waits for the answer any more: without one the transaction fails after 64*T1
  /// (section 9.1).
  void give_up(Time now);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool terminated() const { return state_ == State::terminated; }
  [[nodiscard]] bool answered() const { return state_ >= State::completed; }  ///< a final response came
  [[nodiscard]] Time next_timer() const { return std::min(retransmit_, end_); }

 private:
  Step provisional();
  Step success(Time now);
  Step failure(Time now);

  Timing timing_;
  State state_ = State::calling;
  Duration interval_;        ///< of timer A
  Time retransmit_ = never;  ///< timer A
  Time end_;                 ///< timer B, D or M
};

}  // namespace ringwall::sip
