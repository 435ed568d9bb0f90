#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/endpoint/sips.h"
#include "sip/message/identity_headers.h"

namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;

// PRACKs and UPDATEs of an early dialog that is forgotten may have used so many numbers.
constexpr std::uint32_t forgotten_requests = 1'000;

}  // namespace

LegId Endpoint::Core::invite(Outgoing request, Time now) {
  std::string call_id = request.call_id.empty() ? new_call_id() : request.call_id;
  std::string tag = new_token();
  std::string branch = new_branch(request.request_uri);
  ask_for_session(nullptr, request.headers);
  request.session_id = given_session_id(request);
  if (request.session_id.empty()) request.session_id = new_session_id();
  std::string bytes = write_outgoing(Method::invite, request, call_id, tag, branch);
  Leg& made = add_leg(true, Dialog::caller(std::move(call_id), request.from, request.to, request.request_uri,
                                           std::move(tag), last_cseq));
  const LegId id = made.id;
  made.session_id.set_local(request.session_id);
  // ACK and CANCEL are made of it, and what the application passes may come from a peer: it has to be readable.
  const auto readable = Message::parse(bytes);
  const bool clear = breaks_sips(request.request_uri, request.route.transport);
  const bool cut = readable && overload_out.any() &&
                   !overload_out.admits(request.route.address, is_urgent(*readable), options.random(), now);
  if (!readable || clear || cut || full()) {
    const int status = !readable ? 500 : clear ? 480 : 503;
    std::string reason = clear ? "a sips URI is called over TLS only" : "too many calls or transactions";
    if (!readable) reason = "the INVITE is malformed: " + readable.error().reason;
    if (cut) reason = "its server asks for fewer calls";
    events.push_back(Refused{id, status, std::move(reason), nullptr, false, cut});
    erase(made);
    return id;
  }
  made.route = std::move(request.route);
  made.remote = made.route.address;
  made.address_listens = !made.route.flow || made.route.transport == Transport::udp;
  if (made.route.flow) flows.join(made.member, made.route.flow);
  made.invite_cseq = last_cseq;
  (void)made.session.sent(Carrier::invite, is_description(request.body));
  if (is_description(request.body)) made.description = std::move(request.body.content);
  made.client_invite =
      start_client(Method::invite, std::move(branch), std::move(bytes), made.route, Purpose::invite, id, now).id;
  return id;
}

void Endpoint::Core::invite_response(ClientTransaction& transaction, const MessagePtr& message, Time now) {
  const int status = message->status();
  Leg* used = leg(transaction.user);
  if (status >= 200 && status < 300) {
    if (const std::string* ack = transaction.find_ack(message->to().tag))  // the 2xx again: so is its ACK
      return send(transaction.id.value, used != nullptr ? used->route : transaction.route, *ack);
    if (used == nullptr) return end_fork(transaction, message, now);
    return invite_success(transaction, *used, message, now);
  }
  if (used == nullptr || used->client_invite != transaction.id) {
    if (status < 200) transaction.give_up(now);  // the call ended before this re-INVITE was answered
    return;
  }
  if (status < 200) return invite_provisional(transaction, *used, message, now);
  invite_failure(transaction, *used, status, std::string(message->reason_phrase()), message, now);
}

void Endpoint::Core::invite_success(ClientTransaction& transaction, Leg& leg, const MessagePtr& message, Time now) {
  const bool initial = static_cast<Purpose>(transaction.purpose) == Purpose::invite;
  const bool first = leg.client_invite == transaction.id && !leg.ack_due;
  if (initial && !first) {
    // Again, before the application has acknowledged it; or from another fork.
    if (message->to().tag != leg.dialog.remote_tag()) end_fork(transaction, message, now);
    return;
  }
  if (!first) return;
  leg.ack_due = true;
  if (initial) choose_fork(transaction, leg, *message);
  const auto usable = leg.dialog.receive_response(*message);
  if (!initial) leg.dialog.refresh_target(*message);
  if (leg.state != Leg::State::terminating) leg.state = Leg::State::confirmed;
  const std::uint64_t heard = leg.heard;
  (void)leg.session.received(Carrier::success, hear(leg, *message));
  take_session(leg, *message, now);
  const bool changed = heard != 0 && leg.heard != heard;
  if (static_cast<Purpose>(transaction.purpose) == Purpose::refresh && !leg.silent)
    return refresh_invite_answered(leg, changed ? message : nullptr, now);
  if (usable && !leg.silent) return events.push_back(Answered{leg.id, message}), void();
  send_ack(leg, {});
  if (leg.state == Leg::State::terminating) return;  // a re-INVITE that our BYE overtook
  if (!usable) {
    if (!leg.silent) events.push_back(Refused{leg.id, 502, usable.error().text(), message, false});
    leg.silent = true;
  }
  send_bye(leg, now);
}

void Endpoint::Core::invite_failure(ClientTransaction& transaction, Leg& leg, int status, std::string reason,
                                    const MessagePtr& message, Time now) {
  if (leg.client_invite != transaction.id) return;
  leg.client_invite = {};
  leg.session.refused(Carrier::invite);
  if (static_cast<Purpose>(transaction.purpose) == Purpose::refresh) return refresh_failed(leg, status, message, now);
  if (retry_longer(transaction, leg, message, now)) return;
  if (static_cast<Purpose>(transaction.purpose) == Purpose::reinvite)
    return reinvite_failure(leg, status, std::move(reason), message, now);
  if (!leg.silent) events.push_back(Refused{leg.id, status, std::move(reason), message, false});
  erase(leg);
}

// A 2xx that no leg takes: from a later fork, or after the leg's end. It is acknowledged, and its dialog ended
// (section 13.2.2.4).
void Endpoint::Core::end_fork(ClientTransaction& transaction, const MessagePtr& message, Time now) {
  if (transaction.acks.size() >= limits::sip_forks) return;
  const auto invite = Message::parse(transaction.request);
  if (!invite) return;
  Dialog fork = Dialog::caller(*invite);
  (void)fork.receive_response(*message);
  const auto write = [&](Method method, std::uint32_t cseq, std::string_view branch) {
    MessageWriter writer;
    fork.write_request(writer, print(method), own_names.via(transaction.route.transport, branch), cseq);
    writer.header(HeaderName::session_id, next_session_id(*invite, *message));
    return finish(writer, method, transaction.route, is_sips(fork.remote_target()), {}, {});
  };
  std::string ack = write(Method::ack, message->cseq().number, new_branch());
  send(transaction.id.value, transaction.route, ack);
  transaction.acks.emplace_back(message->to().tag, std::move(ack));
  if (static_cast<Purpose>(transaction.purpose) != Purpose::invite) return;  // that dialog has had its BYE
  fork.skip_cseq(forgotten_requests);
  std::string branch = new_branch();
  std::string bye = write(Method::bye, fork.next_cseq(), branch);
  start_client(Method::bye, std::move(branch), std::move(bye), Route(transaction.route), Purpose::bye, LegId{}, now);
}

void Endpoint::Core::send_ack(Leg& leg, const Body& body) {
  (void)leg.session.sent(Carrier::ack, is_description(body));
  if (is_description(body)) leg.description = body.content;
  std::string bytes = write_in_dialog(leg, Method::ack, leg.invite_cseq, new_branch(), {}, body);
  if (ClientTransaction* transaction = clients.find(leg.client_invite))
    transaction->acks.emplace_back(leg.dialog.remote_tag(), bytes);
  send(++last_id, leg.route, std::move(bytes));
  leg.ack_due = false;
  leg.acked = true;
  leg.client_invite = {};
  if (leg.own.state == OwnReinvite::State::sent) leg.own = {};
}

void Endpoint::Core::ack(LegId id, const Body& body, Time now) {
  Leg* used = leg(id);
  if (used == nullptr || !used->ack_due) return;
  send_ack(*used, body);
  advance_reinvite(*used, now);
}

void Endpoint::Core::send_cancel(Leg& leg, Time now) {
  ClientTransaction* invite = clients.find(leg.client_invite);
  if (leg.cancel_sent || invite == nullptr || !invite->provisional()) return;
  leg.cancel_sent = true;
  Headers added = {{"Session-ID", leg.session_id.value()}};
  for (const auto& header : leg.bye_headers)
    if (parse_header_name(header.first) == HeaderName::reason) added.push_back(header);
  give_up_invite(leg, now);
  start_client(Method::cancel, invite->branch, make_cancel(invite->request, added), Route(invite->route),
               Purpose::cancel, leg.id, now);
}

// Nobody waits for the final answer any more.
void Endpoint::Core::give_up_invite(Leg& leg, Time now) {
  ClientTransaction* invite = clients.find(leg.client_invite);
  if (invite == nullptr) return;
  invite->give_up(now);
  timers.schedule(invite->id.value, invite->slot, invite->next_timer());
}

}  // namespace ringwall::sip
