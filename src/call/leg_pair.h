#pragma once

#include <memory>
#include <optional>
#include <string>

#include "call/user_agent.h"

namespace ringwall::call {

/// Couples two legs of one user agent that carries no media itself: an offer or answer that comes on one side goes out
/// on the other unchanged, in whatever message it may stand there, for the first INVITE and whatever follows, whichever
/// side offers (RFC 3264, RFC 3725, RFC 6337).
///
///   INVITE with offer:     from --offer--> to --2xx answer--> from        ACKs on both sides
///   INVITE without offer:  from ---------> to --2xx offer---> from --ACK answer--> to
///   early:                 1xx with SDP goes on as it is; if `from` takes reliable ones, its PRACK goes on as well
///   UPDATE:                goes on as UPDATE, or as re-INVITE to a side that does not take it
class LegPair {
 public:
  explicit LegPair(UserAgent& agent) : agent_(agent) {}
  LegPair(const LegPair&) = delete;
  LegPair& operator=(const LegPair&) = delete;

  /// `from` sent an INVITE that was passed on to `to`.
  void begin(sip::LegId from, sip::LegId to, bool with_offer);
  /// Both legs are up already: couple them for what comes.
  void join(sip::LegId a, sip::LegId b);

  // Events of either leg. Ended and the failure of the first INVITE are the owner's.
  void on(const sip::Progress& progress);
  void on(const sip::Answered& answered);
  void on_reinvite_refused(const sip::Refused& refused);
  void on(const sip::Reinvited& reinvited);
  void on(const sip::Acked& acked);
  void on(const sip::Pracked& pracked);
  void on(const sip::IncomingRequest& request);

  /// An offer waits for its answer.
  [[nodiscard]] bool exchanging() const { return exchange_.has_value(); }
  [[nodiscard]] sip::LegId other(sip::LegId leg) const { return leg == a_ ? b_ : a_; }

 private:
  /// The offer/answer exchange in progress.
  struct Exchange {
    sip::LegId from, to;
    bool with_offer = false;
    bool answered = false;           ///< `to` sent its 2xx; without an offer, the ACK of `from` is awaited
    std::string early, early_tag;    ///< the description in provisional responses, and whose
    sip::ServerRequestId request{};  ///< an UPDATE or PRACK of `from` that waits for the answer; else an INVITE does
  };

  void tell_session_id(const sip::Message& heard);
  void pass_offer(sip::ServerRequestId request, sip::LegId from, const sip::MessagePtr& message);
  void offer_refused(sip::ServerRequestId request, sip::LegId from, const std::string& offer,
                     const sip::Completed& refusal);
  void pass_request(const sip::IncomingRequest& request);

  UserAgent& agent_;
  sip::LegId a_, b_;
  std::optional<Exchange> exchange_;
  std::shared_ptr<LegPair*> self_ = std::make_shared<LegPair*>(this);  ///< for answers that may outlive the pair
};

/// The Reason headers (RFC 3326) of what ended a leg, for the end of the other one; none for a null message.
sip::Headers reasons_of(const sip::MessagePtr& message);

}  // namespace ringwall::call
