#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "sip/dialog/dialog.h"
#include "sip/dialog/offer_answer_state.h"
#include "sip/dialog/reliable_response.h"
#include "sip/dialog/session_interval.h"
#include "sip/endpoint/endpoint.h"
#include "sip/transaction/client_table.h"

/// What an INVITE usage is made of, beside its dialog.
namespace ringwall::sip {

/// Our own re-INVITE from the application's word to its final answer.
///
///   idle -- reinvite() --> waiting -- nothing in the way --> sent -- final answer --> idle
///                             ^------- 491: after a delay ----'
struct OwnReinvite {
  enum class State : std::uint8_t { idle, waiting, sent };
  State state = State::idle;
  Body body;
  Headers headers;
  Time not_before{};  ///< after a 491; Time{} otherwise
  int refusals = 0;   ///< 491s in a row
};

/// What differs between the early dialogs of one INVITE of ours (RFC 3261 section 12.1.2).
struct Fork {
  Dialog dialog;
  OfferAnswerState session;
  std::uint32_t rseq = 0;  ///< of the last reliable provisional response that was taken; 0: none
};

/// A reliable provisional response with an offer, until the application answers it in a PRACK.
struct UnansweredOffer {
  std::string tag;  ///< of its dialog
  std::uint32_t rseq = 0;
  std::uint32_t cseq = 0;
};

/// Our reliable provisional responses to one INVITE of the peer (RFC 3262 section 3). One at a time is under way.
struct ReliableProvisionals {
  struct Queued {
    int status;
    Body body;
    Headers headers;
  };
  std::uint32_t cseq = 0;  ///< of the INVITE
  std::uint32_t last_rseq = 0;
  std::uint32_t unacknowledged = 0;         ///< RSeq that waits for its PRACK; 0: none
  std::optional<ReliableResponse> waiting;  ///< it is repeated
  bool described = false;                   ///< it holds a session description
  std::string bytes;
  std::deque<Queued> queue;
  TransactionId prack{};             ///< the peer's PRACK with an offer that the application has not answered
  std::optional<Queued> acceptance;  ///< the 2xx, held back until then

  [[nodiscard]] bool holds_back() const { return (waiting && described) || prack; }
};

/// The session timer of one call (RFC 4028), and our refresh.
struct SessionClock {
  SessionTerms terms;
  std::chrono::seconds minimum{0};  ///< the highest Min-SE that a 422 has asked for
  Time refresh_at = never;          ///< we refresh
  Time end_at = never;              ///< nobody has: the call is ended
  bool refreshing = false;          ///< our refresh is under way
  int raises = 0;                   ///< 422s in a row
};

}  // namespace ringwall::sip
