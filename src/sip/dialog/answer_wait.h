#pragma once

#include "sip/transaction/timing.h"

namespace ringwall::sip {

/// The called side between its 2xx and the ACK (RFC 3261 section 13.3.1.4): the 2xx is repeated, on every transport (a
/// later hop may be UDP), after T1, 2*T1, ... up to every T2, and given up after 64*T1.
///
///    2xx sent --> waiting -- interval: transmit --> waiting
///                    |------ ACK: over
///                    `------ 64*T1: failed, the session is ended by BYE
class AnswerWait {
 public:
  AnswerWait(const Timing& timing, std::uint32_t cseq, Time now)
      : timing_(timing),
        cseq_(cseq),
        interval_(timing.t1),
        retransmit_(now + interval_),
        end_(now + timing.patience()) {}

  [[nodiscard]] std::uint32_t cseq() const { return cseq_; }  ///< of the INVITE, and so of its ACK
  Step expire(Time now) {
    if (now >= end_) return {.failed = true};
    if (now < retransmit_) return {};
    interval_ = std::min(interval_ * 2, timing_.t2);
    retransmit_ = now + interval_;
    return {.transmit = true};
  }
  [[nodiscard]] Time next_timer() const { return std::min(retransmit_, end_); }

 private:
  Timing timing_;
  std::uint32_t cseq_;
  Duration interval_;
  Time retransmit_;
  Time end_;
};

}  // namespace ringwall::sip
