#include "sip/endpoint/core.h"

namespace ringwall::sip {

void Endpoint::Core::hang_up(LegId id, Time now, Headers headers, Body body) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent) return;
  used->silent = true;
  used->bye_headers = std::move(headers);
  used->bye_body = std::move(body);
  if (used->state == Leg::State::confirmed) return send_bye(*used, now);
  if (used->outgoing) return send_cancel(*used, now);  // before the first 1xx: sent when that comes (section 9.1)
  close_server_invite(*used, 603, now);
  erase(*used);
}

void Endpoint::Core::send_bye(Leg& leg, Time now) {
  if (leg.state == Leg::State::terminating) return;
  if (leg.ack_due) send_ack(leg, {});
  if (leg.answer && !leg.acked) {  // section 15: not before the ACK, or the end of the wait for it
    leg.bye_due = true;
    return;
  }
  leg.bye_due = false;
  leg.answer.reset();
  close_server_invite(leg, 487, now);
  give_up_invite(leg, now);
  leg.state = Leg::State::terminating;
  std::string branch = new_branch();
  std::string bytes = write_in_dialog(leg, Method::bye, leg.dialog.next_cseq(), branch, leg.bye_headers, leg.bye_body);
  start_client(Method::bye, std::move(branch), std::move(bytes), Route(leg.route), Purpose::bye, leg.id, now);
}

void Endpoint::Core::receive_bye(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now) {
  if (leg.outgoing && leg.state != Leg::State::confirmed && leg.state != Leg::State::terminating)
    return respond(transaction, 481, {.status = 481}, now);  // section 15: the called side may not end an early dialog
  respond(transaction, 200, {}, now);
  close_server_invite(leg, 487, now);
  if (leg.state == Leg::State::terminating) return;  // our own BYE crosses it, and ends the leg when it is answered
  if (leg.ack_due) send_ack(leg, {});
  give_up_invite(leg, now);
  end_leg(leg, "the peer hung up", message);
}

// The peer's unanswered INVITE or re-INVITE gets its final response.
void Endpoint::Core::close_server_invite(Leg& leg, int status, Time now) {
  ServerTransaction* invite = servers.find(leg.server_invite);
  close_provisionals(leg, now);
  if (invite == nullptr) return;
  const bool own = status == 603;
  respond(*invite, status, {.status = status, .headers = own ? leg.bye_headers : Headers{}}, now);
}

void Endpoint::Core::end_by_us(Leg& leg, std::string reason, Time now) {
  if (leg.silent) return;
  leg.silent = true;
  events.push_back(Ended{leg.id, std::move(reason), nullptr});
  if (leg.state == Leg::State::confirmed) return send_bye(leg, now);
  if (leg.outgoing) return send_cancel(leg, now);
  close_server_invite(leg, 480, now);
  erase(leg);
}

void Endpoint::Core::end_leg(Leg& leg, std::string reason, MessagePtr message) {
  if (!leg.silent) events.push_back(Ended{leg.id, std::move(reason), std::move(message)});
  erase(leg);
}

}  // namespace ringwall::sip
