#pragma once

#include <optional>

#include "call/user_agent.h"

namespace ringwall::call {

/// Couples two legs of one user agent that carries no media itself: an offer or answer that comes on one side goes out
/// on the other unchanged, for the first INVITE and for every re-INVITE, whichever side offers (RFC 3264, RFC 3725).
///
///   INVITE with offer:     from --offer--> to --2xx answer--> from        ACKs on both sides
///   INVITE without offer:  from ---------> to --2xx offer---> from --ACK answer--> to
class LegPair {
 public:
  explicit LegPair(UserAgent& agent) : agent_(agent) {}

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
  void on(const sip::IncomingRequest& request);

  [[nodiscard]] sip::LegId other(sip::LegId leg) const { return leg == a_ ? b_ : a_; }

 private:
  /// The offer/answer exchange in progress.
  struct Exchange {
    sip::LegId from, to;
    bool with_offer = false;
    bool answered = false;  ///< `to` sent its 2xx; without an offer in the INVITE, the ACK of `from` is awaited
  };

  UserAgent& agent_;
  sip::LegId a_, b_;
  std::optional<Exchange> exchange_;
};

}  // namespace ringwall::call
