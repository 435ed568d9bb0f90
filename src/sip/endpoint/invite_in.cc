#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/message/list_headers.h"
#include "sip/message/warning.h"

namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;
using Meaning = OfferAnswerState::Meaning;

}  // namespace

void Endpoint::Core::receive_invite(const Flow& flow, const MessagePtr& message, Time now) {
  const auto replaced = find_replaced(*message);
  if (!replaced) return refuse(flow, *message, replaced.error());
  if (std::string min_se; refuse_short_session(nullptr, *message, min_se)) {
    const HeaderLine line{HeaderName::min_se, {}, min_se};
    return refuse(flow, *message, 422, {&line, 1});
  }
  auto dialog = Dialog::called(*message, new_token());
  if (!dialog) {
    const std::string text = print(Warning{399, options.host, dialog.error().what});
    const HeaderLine line{HeaderName::warning, {}, text};
    return refuse(flow, *message, 400, {&line, 1});
  }
  Leg& made = add_leg(false, std::move(*dialog));
  made.state = Leg::State::proceeding;
  made.peer_updates = allows(*message, "UPDATE");
  (void)made.session.received(Carrier::invite, hear(made, *message));
  bind(made, flow);
  made.session_id.set_local(new_session_id());
  made.session_id.receive(*message);
  ServerTransaction& transaction = start_server(flow, message, now);
  transaction.to_tag = made.dialog.local_tag();
  made.route.by_address = transaction.route.by_address;
  transaction.user = made.id.value;
  made.server_invite = transaction.id;
  promise_trying(transaction, now);
  events.push_back(IncomingInvite{made.id, flow, message, *replaced});
}

void Endpoint::Core::receive_reinvite(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now) {
  settle_peer_update(leg);
  if (leg.server_invite) return refuse_overlap(transaction, now);  // section 14.2: one at a time
  if (leg.state != Leg::State::confirmed || leg.client_invite || leg.answer || leg.ack_due)
    return respond(transaction, 491, {.status = 491}, now);
  if (leg.session.awaits_answer()) return respond(transaction, 491, {.status = 491}, now);
  if (leg.session.owes_answer()) return refuse_overlap(transaction, now);
  if (std::string min_se; refuse_short_session(&leg, *message, min_se))
    return respond(transaction, 422, {.status = 422, .headers = {{"Min-SE", min_se}}}, now);
  leg.server_invite = transaction.id;
  (void)leg.session.received(Carrier::invite, hear(leg, *message));
  promise_trying(transaction, now);
  events.push_back(Reinvited{leg.id, message});
}

void Endpoint::Core::accept(LegId id, Body body, Time now, Headers headers) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent) return;
  ServerTransaction* transaction = servers.find(used->server_invite);
  if (transaction == nullptr) return;
  // RFC 3262 section 3: a 2xx waits for the PRACK of a response that held a description.
  if (used->reliable && used->reliable->cseq == transaction->request->cseq().number && used->reliable->holds_back()) {
    if (!used->reliable->acceptance) used->reliable->acceptance = {200, std::move(body), std::move(headers)};
    used->reliable->queue.clear();
    return;
  }
  send_success(*used, *transaction, std::move(body), std::move(headers), now);
}

void Endpoint::Core::send_success(Leg& leg, ServerTransaction& transaction, Body body, Headers headers, Time now) {
  if (leg.state == Leg::State::confirmed) leg.dialog.refresh_target(*transaction.request);
  const bool described = is_description(body);
  const Meaning meaning = leg.session.sent(Carrier::success, described);
  if (meaning == Meaning::repeated) body = {};  // the answer was given in a reliable response (RFC 6337 section 3.1.1)
  if (described && meaning != Meaning::repeated) leg.description = body.content;
  grant_session_to(leg, *transaction.request, headers, now);
  leg.dialog.answered(200);
  leg.state = Leg::State::confirmed;
  leg.server_invite = {};
  leg.provisional_again = never;
  leg.provisional_bytes.clear();
  if (leg.reliable) {  // repeated no more; a late PRACK is still answered
    leg.reliable->waiting.reset();
    leg.reliable->queue.clear();
  }
  leg.answer.emplace(timing(transaction.route.transport), transaction.request->cseq().number, now);
  leg.answer_route = transaction.route;
  respond(transaction, 200, {.headers = std::move(headers), .body = std::move(body)}, now, &leg.answer_bytes);
  schedule(leg);
}

void Endpoint::Core::reject(LegId id, Answer answer, Time now) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent) return;
  ServerTransaction* transaction = servers.find(used->server_invite);
  if (transaction == nullptr) return;
  if (answer.status < 300 || answer.status > 699) answer.status = 500;
  close_provisionals(*used, now);
  respond(*transaction, answer.status, answer, now);
  if (used->state == Leg::State::confirmed) return advance_reinvite(*used, now);
  erase(*used);
}

// 64*T1 after our 2xx (section 13.3.1.4): the dialog is confirmed, the session is ended.
void Endpoint::Core::no_ack(Leg& leg, Time now) {
  leg.answer.reset();
  leg.answer_bytes.clear();
  leg.acked = true;
  if (leg.silent) return send_bye(leg, now);
  end_by_us(leg, "no ACK for the 2xx", now);
}

}  // namespace ringwall::sip
