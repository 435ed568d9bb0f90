#pragma once

#include "sip/transaction/timing.h"

namespace ringwall::sip {

//  INVITE server transaction (RFC 3261 section 17.2.1 with RFC 6026 section 7.1)
//
//                    | INVITE: deliver
//                    v
//               Proceeding -- INVITE: send last provisional; 1xx from user: send
//                    |  |  `- nothing sent in time, or INVITE before that: send 100
//       2xx from    |  \ 300-699 from user: send
//       user: send  |   `----------> Completed -- G, INVITE: send again
//                   v                 |   | ACK
//               Accepted              |   `--> Confirmed
//         INVITE: absorb              |          |
//                   | L               | H: failed| I
//                   `-----------------+----------+----> Terminated
//
//  The user repeats the 2xx until its ACK comes (section 13.3.1.4); that ACK is no part of this transaction.
class ServerInvite {
 public:
  enum class State : std::uint8_t { proceeding, completed, confirmed, accepted, terminated };

  explicit ServerInvite(const Timing& timing) : timing_(timing), interval_(timing.t1) {}

  /// If nothing else has been sent by then, `trying` tells so. The RFC allows up to 200 ms for that.
  void promise_trying(Time by) { trying_ = by; }
  Step receive_invite();  ///< a retransmission of the INVITE
  Step receive_ack(Time now);
  Step respond(int status, Time now);  ///< `transmit` tells whether the response may be sent
  Step expire(Time now);
  Step transport_failed();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool terminated() const { return state_ == State::terminated; }
  [[nodiscard]] bool answered() const { return state_ != State::proceeding; }
  [[nodiscard]] Time next_timer() const { return std::min({retransmit_, end_, trying_}); }

 private:
  Timing timing_;
  State state_ = State::proceeding;
  Duration interval_;        ///< of timer G
  Time trying_ = never;      ///< when the 100 is due
  Time retransmit_ = never;  ///< timer G
  Time end_ = never;         ///< timer H, I or L
};

}  // namespace ringwall::sip
