#pragma once

#include <cstdint>

#include "sip/transaction/timing.h"

namespace ringwall::sip {

/// A reliable provisional response between its sending and its PRACK (RFC 3262 section 3): repeated after T1, 2*T1,
/// 4*T1, ..., whatever the transport, and given up after 64*T1.
///
///    1xx sent --> waiting -- interval: transmit --> waiting
///                    |------ PRACK: over
///                    `------ 64*T1: failed, the INVITE is refused
class ReliableResponse {
 public:
  ReliableResponse(const Timing& timing, std::uint32_t rseq, Time now)
      : rseq_(rseq), interval_(timing.t1), retransmit_(now + interval_), end_(now + timing.patience()) {}

  [[nodiscard]] std::uint32_t rseq() const { return rseq_; }
  Step expire(Time now) {
    if (now >= end_) return {.failed = true};
    if (now < retransmit_) return {};
    interval_ *= 2;
    retransmit_ = now + interval_;
    return {.transmit = true};
  }
  [[nodiscard]] Time next_timer() const { return std::min(retransmit_, end_); }

 private:
  std::uint32_t rseq_;
  Duration interval_;
  Time retransmit_;
  Time end_;
};

}  // namespace ringwall::sip
