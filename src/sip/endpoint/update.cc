#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/message/timer_headers.h"

// UPDATE in both directions (RFC 3311).
namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;

}  // namespace

void Endpoint::Core::refuse_overlap(ServerTransaction& transaction, Time now) {
  const std::string seconds = std::to_string(options.random() % 11);
  respond(transaction, 500, {.status = 500, .headers = {{"Retry-After", seconds}}}, now);
}

// An UPDATE of the peer that the application left unanswered until its transaction ended.
void Endpoint::Core::settle_peer_update(Leg& leg) {
  if (!leg.peer_update || servers.find(leg.peer_update) != nullptr) return;
  leg.peer_update = {};
  leg.session.refused(Carrier::update);
}

void Endpoint::Core::receive_update(const Flow& flow, Leg& leg, ServerTransaction& transaction,
                                    const MessagePtr& message, Time now) {
  settle_peer_update(leg);
  if (leg.peer_update) return refuse_overlap(transaction, now);  // section 5.2: one at a time
  const bool confirmed = leg.state == Leg::State::confirmed;
  if (std::string min_se; confirmed && refuse_short_session(&leg, *message, min_se))
    return respond(transaction, 422, {.status = 422, .headers = {{"Min-SE", min_se}}}, now);
  if (is_description(*message)) {
    if (leg.session.awaits_answer() || (confirmed && (leg.client_invite || leg.ack_due)))
      return respond(transaction, 491, {.status = 491}, now);
    if (leg.session.owes_answer() || (confirmed && leg.server_invite) || leg.answer)
      return refuse_overlap(transaction, now);
    (void)leg.session.received(Carrier::update, hear(leg, *message));
  } else if (message->body().empty()) {  // refreshes the session or the target, and asks nothing of the application
    leg.dialog.refresh_target(*message);
    Headers headers;
    if (confirmed) grant_session_to(leg, *message, headers, now);
    return respond(transaction, 200, {.headers = std::move(headers)}, now);
  }
  leg.peer_update = transaction.id;
  events.push_back(IncomingRequest{ServerRequestId{transaction.id.value}, leg.id, flow, message});
}

// The application's final answer to an UPDATE, or to a PRACK with an offer.
void Endpoint::Core::settle_answer(Leg& leg, const ServerTransaction& transaction, Answer& answer, Time now) {
  const bool update = leg.peer_update == transaction.id;
  const bool prack = leg.reliable && leg.reliable->prack == transaction.id;
  if (answer.status < 200 || (!update && !prack)) return;
  if (update) leg.peer_update = {};
  if (prack) leg.reliable->prack = {};
  const Message& request = *transaction.request;
  OfferAnswerState* session = find_session(leg, request.from().tag);
  if (answer.status >= 300) {
    if (session != nullptr) session->refused(update ? Carrier::update : Carrier::prack);
    return;
  }
  const bool described = is_description(answer.body);
  if (session != nullptr) (void)session->sent(update ? Carrier::update_success : Carrier::prack_success, described);
  if (described) leg.description = answer.body.content;
  if (!update) return;
  if (request.from().tag == leg.dialog.remote_tag()) leg.dialog.refresh_target(request);
  if (leg.state == Leg::State::confirmed) grant_session_to(leg, request, answer.headers, now);
}

bool Endpoint::Core::may_update(const Leg& leg, bool with_offer) const {
  if (leg.own_update || leg.clock.refreshing) return false;
  if (!with_offer) return true;
  const bool invite_under_way = leg.client_invite || leg.server_invite || leg.answer || leg.ack_due;
  const bool described = leg.reliable && leg.reliable->holds_back();
  return leg.session.is_settled() && !described && !(leg.state == Leg::State::confirmed && invite_under_way);
}

void Endpoint::Core::update_response(Leg& leg, const Message& response, Time now) {
  leg.own_update = {};
  OfferAnswerState* session = find_session(leg, response.to().tag);
  if (response.status() >= 300) {
    if (session != nullptr) session->refused(Carrier::update);
  } else {
    if (session != nullptr) (void)session->received(Carrier::update_success, hear(leg, response));
    if (response.to().tag == leg.dialog.remote_tag()) leg.dialog.refresh_target(response);
    if (leg.state == Leg::State::confirmed) take_session(leg, response, now);
  }
  advance_reinvite(leg, now);
}

void Endpoint::Core::update_failed(Leg& leg, Time now) {
  leg.own_update = {};
  leg.session.refused(Carrier::update);
  for (Fork& fork : leg.forks)
    fork.session.refused(Carrier::update);
  advance_reinvite(leg, now);
}

}  // namespace ringwall::sip
