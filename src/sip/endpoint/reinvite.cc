#include "sip/dialog/glare.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"

namespace ringwall::sip {
namespace {

// A peer that refuses with 491 for ever is refused itself.
constexpr int most_glare_retries = 6;

}  // namespace

void Endpoint::Core::reinvite(LegId id, Body body, Time now, Headers headers) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent) return;
  if (used->state != Leg::State::confirmed || used->own.state != OwnReinvite::State::idle) {
    events.push_back(Refused{id, 491, "the leg is not ready for another re-INVITE", nullptr, true});
    return;
  }
  used->own = {OwnReinvite::State::waiting, std::move(body), std::move(headers), Time{}, 0};
  advance_reinvite(*used, now);
}

// Sends our re-INVITE as soon as no other INVITE is under way in either direction (RFC 3261 section 14.1).
void Endpoint::Core::advance_reinvite(Leg& leg, Time now) {
  const bool busy = leg.server_invite || leg.client_invite || leg.answer || leg.ack_due;
  if (leg.own.state != OwnReinvite::State::waiting || leg.own.not_before > now || busy || leg.silent) return;
  settle_peer_update(leg);
  if (leg.own_update || leg.peer_update ||
      !leg.session.is_settled()) {  // an offer in an UPDATE has to be answered first
    leg.own.not_before = now + options.t1;
    return schedule(leg);
  }
  leg.rseq = 0;
  std::string branch = new_branch();
  leg.invite_cseq = leg.dialog.next_cseq();
  Headers headers = leg.own.headers;
  ask_for_session(&leg, headers);
  std::string bytes = write_in_dialog(leg, Method::invite, leg.invite_cseq, branch, headers, leg.own.body);
  if (const auto readable = Message::parse(bytes); !readable) {
    leg.own = {};
    events.push_back(Refused{leg.id, 500, "the re-INVITE is malformed: " + readable.error().reason, nullptr, true});
    return;
  }
  leg.own.state = OwnReinvite::State::sent;
  leg.own.not_before = Time{};
  (void)leg.session.sent(OfferAnswerState::Carrier::invite, is_description(leg.own.body));
  if (is_description(leg.own.body)) leg.description = leg.own.body.content;
  leg.client_invite = start_client(Method::invite, std::move(branch), std::move(bytes), Route(leg.route),
                                   Purpose::reinvite, leg.id, now)
                          .id;
}

void Endpoint::Core::reinvite_failure(Leg& leg, int status, std::string reason, const MessagePtr& message, Time now) {
  if (leg.silent) return;
  if (status == 491 && message != nullptr && leg.own.refusals < most_glare_retries) {
    ++leg.own.refusals;
    leg.own.state = OwnReinvite::State::waiting;
    leg.own.not_before = now + glare_delay(leg.outgoing, options.random());
    return schedule(leg);
  }
  leg.own = {};
  events.push_back(Refused{leg.id, status, reason, message, true});
  // Section 12.2.1.2: a peer that knows the dialog no more, or is not there, ends it.
  if (status == 481 || status == 408) end_by_us(leg, "re-INVITE refused: " + reason, now);
}

}  // namespace ringwall::sip
