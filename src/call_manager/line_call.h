#pragma once

#include <memory>
#include <set>
#include <string>

#include "call/leg_pair.h"
#include "call_manager/call_manager.h"
#include "call_manager/line_target.h"

namespace ringwall::call_manager {

class Transfer;

/// One call through the call manager: who calls and who is called, coupled without touching the audio. Either side may
/// be exchanged while it runs: by a Transfer, or by an INVITE with Replaces.
class LineCall final : public call::LegOwner, public std::enable_shared_from_this<LineCall> {
 public:
  static void start(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                    LineTarget target);

  void on(const sip::Progress& progress) override;
  void on(const sip::Answered& answered) override;
  void on(const sip::Refused& refused) override;
  void on(const sip::Reinvited& reinvited) override;
  void on(const sip::Acked& acked) override;
  void on(const sip::Pracked& pracked) override;
  void on(const sip::Ended& ended) override;
  void on(const sip::IncomingRequest& request) override;
  void hang_up(std::string_view reason) override;
  void describe(std::vector<call::LegView>& out) const override;

  /// An INVITE that replaces one of the legs (RFC 3891): the other side is asked to exchange audio with it instead. A
  /// caller who still hears it ring is answered with a stream on hold first. Answers the INVITE.
  void take_over(const sip::IncomingInvite& invite, const policy::Admitted& caller);

  // For a Transfer.
  [[nodiscard]] bool is_up() const { return connected_.has_value(); }
  [[nodiscard]] bool can_transfer() const { return connected_ && !over_ && !transfer_ && !takeover_; }
  void begin_transfer(std::shared_ptr<Transfer> transfer) { transfer_ = std::move(transfer); }
  void end_transfer() { transfer_.reset(); }
  /// `now` is in the place of `gone`, which is let go.
  void replace(sip::LegId gone, sip::LegId now, const std::string& peer, const std::string& number);
  /// The call is over, but for this leg, which has gone to another call.
  void release(sip::LegId leg);
  [[nodiscard]] sip::LegId other(sip::LegId leg) const { return leg == from_ ? to_ : from_; }
  [[nodiscard]] const std::string& peer_of(sip::LegId leg) const { return leg == from_ ? caller_ : target_.peer; }
  [[nodiscard]] const std::string& number() const { return target_.number; }
  [[nodiscard]] const std::string& interaction() const { return interaction_; }
  [[nodiscard]] call::LegView view(sip::LegId leg, const std::string& peer, const std::string& number,
                                   bool outgoing) const;

 private:
  LineCall(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller, LineTarget target);
  /// Invites the phone, or the next of the tries; false if there is none left.
  bool invite_next();
  void invite();
  /// The INVITE to whoever is called, but for its way.
  [[nodiscard]] sip::Outgoing onward() const;
  // A line with several devices (line_ringing.cc).
  void ring_devices();
  void answered_by(sip::LegId device);
  /// True: others still ring.
  bool refused_by(const sip::Refused& refused);
  void finish(std::string_view reason);
  void abandon_takeover();
  void tell_watchers();

  /// An INVITE with Replaces on its way to an answer.
  struct Takeover {
    sip::LegId incoming, replaced;
    std::string peer;
    bool alone = false;  ///< the replaced leg is gone already
  };

  CallManager& manager_;
  std::string interaction_, caller_;
  LineTarget target_;
  sip::MessagePtr invite_;  ///< the caller's
  sip::LegId from_, to_;
  call::LegPair pair_;
  std::optional<call::Fork> fork_;  ///< while several devices ring; `to_` is one of them
  WallTime began_;
  std::optional<WallTime> connected_;
  std::shared_ptr<Transfer> transfer_;  ///< under way
  std::optional<Takeover> takeover_;
  std::set<std::string> listed_;  ///< peers whose watchers know of this call
  bool over_ = false;
};

}  // namespace ringwall::call_manager
