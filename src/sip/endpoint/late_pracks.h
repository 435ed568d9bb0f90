#pragma once

#include <deque>
#include <string>

#include "base/limits.h"
#include "base/time.h"
#include "sip/dialog/dialog.h"
#include "sip/message/dialog_headers.h"

namespace ringwall::sip {

/// Reliable provisional responses whose INVITE got a final response, no 2xx, before their PRACK came: it is answered
/// 200 all the same (RFC 3262 section 3), though its dialog is gone.
class LatePracks {
 public:
  void expect(const Dialog& dialog, std::uint32_t cseq, std::uint32_t rseq, Time now, Time until) {
    forget_old(now);
    if (awaited_.size() == limits::sip_late_pracks) awaited_.pop_front();
    awaited_.push_back(
        {dialog.call_id(), std::string(dialog.local_tag()), std::string(dialog.remote_tag()), cseq, rseq, until});
  }
  /// Whether `prack` is for one of them; each is acknowledged once.
  bool take(const Message& prack, Time now) {
    forget_old(now);
    const auto rack = parse_rack(prack.header(HeaderName::rack));
    if (!rack || rack->cseq.method != Method::invite) return false;
    return std::erase_if(awaited_, [&](const Awaited& one) {
             return one.rseq == rack->rseq && one.cseq == rack->cseq.number && one.local_tag == prack.to().tag &&
                    one.remote_tag == prack.from().tag && one.call_id == prack.call_id();
           }) != 0;
  }

 private:
  struct Awaited {
    std::string call_id, local_tag, remote_tag;
    std::uint32_t cseq, rseq;
    Time until;
  };
  void forget_old(Time now) {
    while (!awaited_.empty() && awaited_.front().until <= now)
      awaited_.pop_front();
  }
  std::deque<Awaited> awaited_;
};

}  // namespace ringwall::sip
