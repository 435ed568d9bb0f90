#include "sip/endpoint/core.h"

namespace ringwall::sip {

void Endpoint::Core::flow_closed(FlowId flow, Time now) {
  for (const std::uint64_t owner : flows.owners(flow)) {
    if (ClientTransaction* client = clients.find(TransactionId{owner})) {
      client->member.leave();
      apply(*client, client->transport_failed(), nullptr, {"the connection closed before a response came", {}, {}}, 503,
            now);
    } else if (ServerTransaction* server = servers.find(TransactionId{owner})) {
      flow_lost(*server, now);
    } else if (Leg* used = leg(owner)) {
      lose_flow(*used);
      used->answer_bytes.clear();
    } else if (SubscriptionDialog* dialog = subscriptions.find_dialog(owner)) {
      lose_flow(*dialog);
    }
  }
}

// A response cannot be sent any more.
void Endpoint::Core::flow_lost(ServerTransaction& transaction, Time now) {
  Leg* used = leg(transaction.user);
  const bool pending = used != nullptr && used->server_invite == transaction.id;
  transaction.member.leave();
  apply(transaction, transaction.transport_failed(), now);
  if (!pending) return;
  close_provisionals(*used, now);
  if (used->state == Leg::State::confirmed) return advance_reinvite(*used, now);
  end_leg(*used, "the caller's connection closed", nullptr);
}

void Endpoint::Core::send_failed(TransmitId id, const Error& why, Time now) {
  const TransactionId owner{id.value >> 8};
  if (ClientTransaction* client = clients.find(owner)) {
    if (!reroute(*client)) apply(*client, client->transport_failed(), nullptr, why, 503, now);
  } else if (ServerTransaction* server = servers.find(owner)) {
    flow_lost(*server, now);
  }
}

// A request in a dialog whose connection has gone is sent once more, by address: the dialog outlives its connection.
bool Endpoint::Core::reroute(ClientTransaction& transaction) {
  DialogPath* used = path_of(transaction.user);
  const auto purpose = static_cast<Purpose>(transaction.purpose);
  const bool of_subscription = purpose == Purpose::subscribe || purpose == Purpose::notify;
  const bool in_dialog = purpose == Purpose::bye || purpose == Purpose::request || purpose == Purpose::reinvite ||
                         purpose == Purpose::prack || purpose == Purpose::refresh ||
                         (of_subscription && used != nullptr && used->dialog.state() != Dialog::State::none);
  if (used == nullptr || !in_dialog || transaction.rerouted || !transaction.route.flow) return false;
  if (transaction.answered() || transaction.request.empty()) return false;
  if (used->route.flow == transaction.route.flow) {
    lose_flow(*used);
    if (Leg* call = leg(transaction.user)) call->answer_bytes.clear();
  }
  transaction.member.leave();
  transaction.rerouted = true;
  transaction.route = used->route;
  if (transaction.route.flow) flows.join(transaction.member, transaction.route.flow);
  send(transaction.id.value, transaction.route, transaction.request);
  return true;
}

void Endpoint::Core::expire(Time now) {
  while (const auto due = timers.pop(now)) {
    const TransactionId id{due->owner};
    if (ClientTransaction* client = clients.find(id)) {
      if (TimerQueue::claims(*due, client->slot)) {
        apply(*client, client->expire(now), nullptr, {"no response came in time", {}, {}}, 408, now);
        continue;
      }
    } else if (ServerTransaction* server = servers.find(id)) {
      if (TimerQueue::claims(*due, server->slot)) apply(*server, server->expire(now), now);
    } else if (Leg* used = leg(due->owner)) {
      if (TimerQueue::claims(*due, used->slot)) expire_leg(*used, now);
    }
    // The subscription of a REFER has the number of its transaction.
    if (Subscription* held = subscriptions.find(due->owner); held != nullptr && TimerQueue::claims(*due, held->slot))
      expire_subscription(*held, now);
  }
}

void Endpoint::Core::expire_leg(Leg& leg, Time now) {
  const LegId id = leg.id;
  if (leg.provisional_again <= now) {
    leg.provisional_again = now + std::chrono::seconds(60);
    if (const ServerTransaction* invite = servers.find(leg.server_invite)) {
      if (leg.reliable && leg.reliable->cseq == invite->request->cseq().number)
        queue_reliable(leg, *invite->request, leg.provisional_status, {}, {}, now);
      else
        send(invite->id.value, invite->route, leg.provisional_bytes);
    }
  }
  if (leg.own.state == OwnReinvite::State::waiting && leg.own.not_before <= now) {
    leg.own.not_before = Time{};
    advance_reinvite(leg, now);
  }
  if (leg.reliable && leg.reliable->waiting) {
    const Step step = leg.reliable->waiting->expire(now);
    const ServerTransaction* invite = servers.find(leg.server_invite);
    if (step.transmit && invite != nullptr) send(invite->id.value, invite->route, leg.reliable->bytes);
    if (step.failed) return no_prack(leg, now);
  }
  if (leg.answer) {
    const Step step = leg.answer->expire(now);
    if (step.transmit && !leg.answer_bytes.empty()) send(++last_id, leg.answer_route, leg.answer_bytes);
    if (step.failed) no_ack(leg, now);
  }
  if (Leg* left = this->leg(id)) expire_session(*left, now);
  if (Leg* left = this->leg(id)) schedule(*left);
}

}  // namespace ringwall::sip
