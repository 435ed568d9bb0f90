#include "sip/dialog/offer_answer_state.h"

namespace ringwall::sip {

using Carrier = OfferAnswerState::Carrier;
using Meaning = OfferAnswerState::Meaning;

Meaning OfferAnswerState::pass(Party from, Carrier carrier, bool with_description) {
  switch (carrier) {
    case Carrier::invite:
      wants_offer_ = !with_description;
      return with_description ? offer(from, carrier) : Meaning::none;
    case Carrier::unreliable_provisional:
      if (!with_description) return Meaning::none;
      return is_open(other(from)) && carrier_ == Carrier::invite ? Meaning::preview : Meaning::repeated;
    case Carrier::reliable_provisional:
    case Carrier::success:
      return with_description ? in_response(from, carrier) : Meaning::none;
    case Carrier::ack:
      return acknowledged(from, with_description);
    case Carrier::prack:
      return pracked(from, with_description);
    case Carrier::update:
      return with_description ? offer(from, carrier) : Meaning::none;
    case Carrier::prack_success:
      return answered(from, Carrier::prack, with_description);
    case Carrier::update_success:
      return answered(from, Carrier::update, with_description);
  }
  return Meaning::none;
}

// The first description in a reliable response to an INVITE answers its offer, or is the offer that it asked for.
Meaning OfferAnswerState::in_response(Party from, Carrier carrier) {
  if (is_open(other(from)) && carrier_ == Carrier::invite) {
    open_ = Party::nobody;
    return Meaning::answer;
  }
  if (!is_settled() || !wants_offer_) return Meaning::repeated;
  wants_offer_ = false;
  return offer(from, carrier);
}

// With the ACK the INVITE is over: what it left open is open no more.
Meaning OfferAnswerState::acknowledged(Party from, bool with_description) {
  const bool answers = with_description && is_open(other(from)) && carrier_ == Carrier::success;
  refused(Carrier::invite);
  if (answers) return Meaning::answer;
  return with_description ? Meaning::repeated : Meaning::none;
}

Meaning OfferAnswerState::pracked(Party from, bool with_description) {
  if (is_open(other(from)) && carrier_ == Carrier::reliable_provisional) {
    open_ = Party::nobody;
    wants_offer_ = !with_description;  // not answered: the 2xx offers again
    return with_description ? Meaning::answer : Meaning::none;
  }
  if (!with_description) return Meaning::none;
  return wants_offer_ ? Meaning::conflict : offer(from, Carrier::prack);  // the called side offers first
}

Meaning OfferAnswerState::answered(Party from, Carrier request, bool with_description) {
  if (!is_open(other(from)) || carrier_ != request) return with_description ? Meaning::repeated : Meaning::none;
  open_ = Party::nobody;
  return with_description ? Meaning::answer : Meaning::none;
}

Meaning OfferAnswerState::offer(Party from, Carrier carrier) {
  if (!is_settled()) return Meaning::conflict;
  open_ = from;
  carrier_ = carrier;
  return Meaning::offer;
}

Carrier OfferAnswerState::request_of(Carrier carrier) {
  return carrier == Carrier::prack || carrier == Carrier::update ? carrier : Carrier::invite;
}

void OfferAnswerState::refused(Carrier carrier) {
  if (carrier == Carrier::invite) wants_offer_ = false;
  if (request_of(carrier_) == carrier) open_ = Party::nobody;
}

}  // namespace ringwall::sip
