#pragma once

#include <memory>
#include <string>

#include "call/audio_leg.h"
#include "edge/call_recording.h"
#include "edge/edge.h"

namespace ringwall::edge {

/// One call through the edge. `from` is the side that called, `to` the side that is called; each has its own offer and
/// answer, so that a re-INVITE on one side (the call server moves the call from the voice browser to an agent) is
/// answered here and never reaches the other. If the target is a group, its next member is invited when one cannot be
/// reached or is overloaded; the caller waits and notices nothing.
class EdgeCall final : public call::LegOwner, public std::enable_shared_from_this<EdgeCall> {
 public:
  static void start(Edge& edge, const sip::IncomingInvite& invite, const policy::Admitted& peer,
                    const policy::DialPeer& dial_peer);

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

 private:
  struct Side {
    sip::LegId leg;
    std::string peer;
    std::unique_ptr<call::AudioLeg> audio;
    bool offered = false;          ///< our offer is out; their answer is awaited
    std::string early, early_tag;  ///< their answer in a reliable response, and whose: the 2xx need not repeat it
  };

  EdgeCall(Edge& edge, const sip::IncomingInvite& invite, const policy::Admitted& peer,
           const policy::DialPeer& dial_peer);
  [[nodiscard]] std::optional<policy::Refusal> open_caller_audio(const policy::Admitted& peer);
  /// Invites the next target that is left; false if there is none, or if it cannot be: why is in `refusal_`.
  bool invite_next();
  [[nodiscard]] Result<> open_target_audio(const Target& target);
  void invite_target(const Target& target);
  void name_caller(sip::Outgoing& out, const std::string& peer) const;
  /// Goes where a 3xx of the target leads, by the dial plan alone; false if it leads nowhere.
  bool follow(const sip::Refused& redirection);
  void refuse_caller(const sip::Refused& refused);
  void accept_caller();
  void start_recording();
  /// Our answer to the caller's offer: made once, for the early one is the final one too.
  Result<std::string> caller_answer();
  void answer_offer(Side& side, sip::ServerRequestId request, const sip::Message& message);
  void watch(Side& side);
  /// Keys could not be agreed on by DTLS: both sides are told why.
  void no_audio(const Error& why);
  void renew_keys(Side& side);
  void renewal_refused(const sip::Refused& refused);
  void fail(int status, const Error& why);
  void finish(std::string_view reason);
  Side& side(sip::LegId leg) { return leg == from_.leg ? from_ : to_; }
  Side& other(sip::LegId leg) { return leg == from_.leg ? to_ : from_; }
  [[nodiscard]] call::LegView view(const Side& side, bool outgoing) const;

  Edge& edge_;
  std::string interaction_, number_, dial_peer_;
  std::string called_;  ///< the number that the target is asked for: another one after a redirection
  int redirections_ = 0;
  std::string caller_offer_;  ///< empty: the caller leaves the offer to us
  std::string caller_answer_;
  sip::MessagePtr invite_;  ///< the caller's, for the targets that are yet to be tried
  call::Tries tries_;
  policy::Refusal refusal_{.status = 503, .warning = "the number leads nowhere at present"};
  Side from_, to_;
  WallTime began_;
  std::optional<WallTime> connected_;
  bool over_ = false;
  std::unique_ptr<CallRecording> recording_;
};

}  // namespace ringwall::edge
