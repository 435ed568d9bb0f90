#include "sip/endpoint/core.h"
#include "sip/message/warning.h"

namespace ringwall::sip {
namespace {

// Proxies forget a call that says nothing for three minutes (RFC 3261 section 13.3.1.1).
constexpr Duration provisional_interval = std::chrono::seconds(60);

}  // namespace

void Endpoint::Core::receive_invite(const Flow& flow, const MessagePtr& message, Time now) {
  auto dialog = Dialog::called(*message, new_token());
  if (!dialog) {
    const std::string text = print(Warning{399, options.host, dialog.error().what});
    const HeaderLine line{HeaderName::warning, {}, text};
    return refuse(flow, *message, 400, {&line, 1});
  }
  Leg& made = add_leg(false, std::move(*dialog));
  made.state = Leg::State::proceeding;
  bind(made, flow);
  ServerTransaction& transaction = start_server(flow, message, now);
  transaction.to_tag = made.dialog.local_tag();
  transaction.user = made.id.value;
  made.server_invite = transaction.id;
  respond(transaction, 100, {}, now);
  events.push_back(IncomingInvite{made.id, flow, message});
}

void Endpoint::Core::receive_reinvite(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now) {
  if (leg.server_invite) {  // section 14.2: one at a time
    const std::string seconds = std::to_string(options.random() % 11);
    return respond(transaction, 500, {.status = 500, .headers = {{"Retry-After", seconds}}}, now);
  }
  if (leg.state != Leg::State::confirmed || leg.client_invite || leg.answer || leg.ack_due)
    return respond(transaction, 491, {.status = 491}, now);
  leg.server_invite = transaction.id;
  respond(transaction, 100, {}, now);
  events.push_back(Reinvited{leg.id, message});
}

void Endpoint::Core::provisional(LegId id, int status, Body body, Time now, Headers headers) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent || status <= 100 || status >= 200) return;
  ServerTransaction* transaction = servers.find(used->server_invite);
  if (transaction == nullptr) return;
  if (used->state != Leg::State::confirmed) {
    used->dialog.answered(status);
    used->state = Leg::State::early;
  }
  respond(*transaction, status, {.status = status, .headers = std::move(headers), .body = std::move(body)}, now,
          &used->provisional_bytes);
  used->provisional_again = now + provisional_interval;
  schedule(*used);
}

void Endpoint::Core::accept(LegId id, Body body, Time now, Headers headers) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent) return;
  ServerTransaction* transaction = servers.find(used->server_invite);
  if (transaction == nullptr) return;
  if (used->state == Leg::State::confirmed) used->dialog.refresh_target(*transaction->request);
  used->dialog.answered(200);
  used->state = Leg::State::confirmed;
  used->server_invite = {};
  used->provisional_again = never;
  used->provisional_bytes.clear();
  used->answer.emplace(timing(transaction->route.transport), transaction->request->cseq().number, now);
  used->answer_route = transaction->route;
  respond(*transaction, 200, {.headers = std::move(headers), .body = std::move(body)}, now, &used->answer_bytes);
  schedule(*used);
}

void Endpoint::Core::reject(LegId id, Answer answer, Time now) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent) return;
  ServerTransaction* transaction = servers.find(used->server_invite);
  if (transaction == nullptr) return;
  if (answer.status < 300 || answer.status > 699) answer.status = 500;
  used->server_invite = {};
  used->provisional_again = never;
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
