#pragma once

#include <memory>
#include <string>

#include "call_manager/line_call.h"
#include "sip/message/dialog_headers.h"

namespace ringwall::call_manager {

/// A transfer (RFC 5589) that one side of a call, the transferor, has asked for by REFER. The call manager does it on
/// behalf of the other side, the remaining one; the audio still goes from end to end:
///
///   blind:     INVITE without offer to the target, or to all its devices  --2xx offer-->  re-INVITE remaining
///   --answer-->  ACK target attended:  re-INVITE without offer to the far end of the transferor's other call  --2xx
///   offer-->  the same
///
/// (RFC 3725 flow I.) The transferor hears of it by NOTIFY and is let go when the two are joined; when they cannot be,
/// the call is as it was, or over if the transferor has left meanwhile.
class Transfer final : public call::LegOwner, public std::enable_shared_from_this<Transfer> {
 public:
  /// `request` is a REFER of the side of `call` that `transferor` leads to. Answers it.
  static void start(CallManager& manager, const std::shared_ptr<LineCall>& call, sip::LegId transferor,
                    const sip::IncomingRequest& request);

  // Of the target's leg, and of the two that are joined while their calls wait for it.
  void on(const sip::Progress& progress) override;
  void on(const sip::Answered& answered) override;
  void on(const sip::Refused& refused) override;
  void on(const sip::Reinvited& reinvited) override;
  void on(const sip::Ended& ended) override;
  void on(const sip::IncomingRequest& request) override;
  void hang_up(std::string_view reason) override;
  void describe(std::vector<call::LegView>& out) const override;

  /// The leg's answers to re-INVITEs are this transfer's.
  [[nodiscard]] bool joins(sip::LegId leg) const { return leg == remaining_ || leg == target_; }
  /// The remaining side cannot begin an exchange of its own: it is asked, or has nobody to exchange with.
  [[nodiscard]] bool occupies(sip::LegId leg) const { return leg == remaining_ && (offered_ || left_); }
  /// True if the call goes on without this leg: the transferor leaves early.
  bool lets_go(sip::LegId leg);
  /// One of the calls is over, and the transfer with it.
  void lost(const LineCall& gone);

 private:
  Transfer(CallManager& manager, std::shared_ptr<LineCall> call, sip::LegId transferor);
  void blind(const sip::IncomingRequest& request, LineTarget target);
  [[nodiscard]] static std::vector<call::ForkTarget> ways_to(LineTarget& target);
  void attended(std::shared_ptr<LineCall> other, sip::LegId transferors_other);
  void report(int status, std::string_view reason, bool last);
  void fail(int status, std::string_view reason, const LineCall* gone = nullptr);
  void finish();
  void leave_watchers();

  CallManager& manager_;
  std::shared_ptr<LineCall> call_, other_;  ///< other_: of an attended one, the transferor's second call
  sip::LegId transferor_, transferors_other_;
  sip::LegId remaining_, target_;
  std::optional<call::Fork> fork_;  ///< of a blind one, until somebody answers
  std::string peer_, number_;       ///< of the target
  sip::SubscriptionId subscription_;
  bool offered_ = false;  ///< the target has offered, the remaining side is asked
  bool over_ = false;
  bool left_ = false, left_other_ = false;  ///< the transferor's calls
};

}  // namespace ringwall::call_manager
