#pragma once

#include <memory>
#include <string>

#include "call/leg_pair.h"
#include "call_manager/call_manager.h"

namespace ringwall::call_manager {

/// Where a call to a line goes on: to a phone, or to the first that takes it of several `tries`.
struct LineTarget {
  std::string peer;  ///< phone, element or trunk
  std::string number;
  std::string request_uri;
  sip::Route route;
  call::Tries tries;  ///< not of a phone
};

/// One call through the call manager: who calls and who is called, coupled without touching the audio.
class LineCall final : public call::LegOwner, public std::enable_shared_from_this<LineCall> {
 public:
  static void start(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                    LineTarget target);

  void on(const sip::Progress& progress) override;
  void on(const sip::Answered& answered) override;
  void on(const sip::Refused& refused) override;
  void on(const sip::Reinvited& reinvited) override;
  void on(const sip::Acked& acked) override;
  void on(const sip::Ended& ended) override;
  void on(const sip::IncomingRequest& request) override;
  void hang_up(std::string_view reason) override;
  void describe(std::vector<call::LegView>& out) const override;

 private:
  LineCall(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller, LineTarget target);
  /// Invites the phone, or the next of the tries; false if there is none left.
  bool invite_next();
  void invite();
  void finish(std::string_view reason);
  [[nodiscard]] call::LegView view(sip::LegId leg, const std::string& peer, bool outgoing) const;

  CallManager& manager_;
  std::string interaction_, caller_;
  LineTarget target_;
  sip::MessagePtr invite_;  ///< the caller's
  sip::LegId from_, to_;
  call::LegPair pair_;
  WallTime began_;
  std::optional<WallTime> connected_;
  bool over_ = false;
};

}  // namespace ringwall::call_manager
