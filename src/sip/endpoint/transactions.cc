#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/transport/by_address.h"
#include "sip/transport/via.h"

namespace ringwall::sip {

ClientTransaction& Endpoint::Core::start_client(Method method, std::string branch, std::string bytes,
                                                const Route& route, Purpose purpose, LegId leg, Time now) {
  ClientTransaction& out = clients.add(next_transaction(), method, std::move(branch), timing(route.transport), now);
  out.route = route;
  out.purpose = static_cast<std::uint8_t>(purpose);
  out.user = leg.value;
  if (route.flow) flows.join(out.member, route.flow);
  // Kept where it may be sent again: lost on UDP, on a second connection, or as the source of ACK and CANCEL.
  // Or to be repeated with credentials.
  if (route.transport == Transport::udp || leg || options.authorize) out.request = bytes;
  send(out.id.value, route, std::move(bytes));
  timers.schedule(out.id.value, out.slot, out.next_timer());
  return out;
}

void Endpoint::Core::apply(ClientTransaction& transaction, Step step, const MessagePtr& message, const Error& why,
                           int status, Time now) {
  const TransactionId id = transaction.id;
  if (step.transmit) send(id.value, transaction.route, transaction.request);
  if (step.acknowledge) {
    const std::string_view tag = message->to().tag;
    if (transaction.find_ack(tag) == nullptr && transaction.acks.size() < limits::sip_forks)
      transaction.acks.emplace_back(tag, make_ack(transaction.request, *message));
    if (const std::string* ack = transaction.find_ack(tag)) send(id.value, transaction.route, *ack);
  }
  if (step.deliver && authorize(transaction, message, now)) step.deliver = false;
  if (step.deliver && transaction.method == Method::invite) invite_response(transaction, message, now);
  if (step.deliver && transaction.method != Method::invite && message->status() >= 200)
    final_response(transaction, message, now);
  if (step.failed) no_response(transaction, status, why, now);

  ClientTransaction* left = clients.find(id);
  if (left == nullptr) return;
  if (left->terminated()) return clients.erase(id);
  timers.schedule(id.value, left->slot, left->next_timer());
}

ServerTransaction& Endpoint::Core::start_server(const Flow& flow, const MessagePtr& message, Time now) {
  ServerTransaction& out = servers.add(next_transaction(), message, timing(flow.transport), now);
  out.via = response_via(*message, flow.remote);
  out.route = {flow.id, flow.transport, flow.remote, flow.peer, asks_by_address(flow, *message)};
  if (message->to().tag.empty()) out.to_tag = new_token();
  flows.join(out.member, flow.id);
  timers.schedule(out.id.value, out.slot, out.next_timer());
  return out;
}

// The 100 to an INVITE. Where the answer comes soon, it says all that a 100 would.
void Endpoint::Core::promise_trying(ServerTransaction& transaction, Time now) {
  auto* invite = std::get_if<ServerInvite>(&transaction.machine);
  if (invite == nullptr || options.trying_after <= Duration::zero()) return respond(transaction, 100, {}, now);
  invite->promise_trying(now + options.trying_after);
  timers.schedule(transaction.id.value, transaction.slot, transaction.next_timer());
}

void Endpoint::Core::apply(ServerTransaction& transaction, Step step, Time now) {
  if (step.trying) return respond(transaction, 100, {}, now);
  const TransactionId id = transaction.id;
  if (step.transmit && !transaction.response.empty()) send(id.value, transaction.route, transaction.response);
  if (transaction.terminated()) return servers.erase(id);
  timers.schedule(id.value, transaction.slot, transaction.next_timer());
}

void Endpoint::Core::respond(ServerTransaction& transaction, int status, const Answer& answer, Time now,
                             std::string* kept) {
  const Step step = transaction.respond(status, now);
  if (!step.transmit) return;
  std::string bytes = print_response(transaction, status, answer);
  if (kept != nullptr) *kept = bytes;
  if (!transaction.reliable) transaction.response = bytes;
  send(transaction.id.value, transaction.route, std::move(bytes));
  apply(transaction, {}, now);
}

// Answers without a transaction (RFC 3261 section 8.2.7): the tag is the same for each copy of the request.
void Endpoint::Core::refuse(const Flow& flow, const Message& request, int status, std::span<const HeaderLine> headers) {
  if (request.method() == Method::ack) return;
  const std::string tag = fmt::format("{:016x}", keyed_hash(key, request.top_via().branch));
  const std::string via = response_via(request, flow.remote);
  send(++last_id, {flow.id, flow.transport, flow.remote, flow.peer},
       make_response(request, status, {.to_tag = tag, .top_via = via, .headers = headers}));
}

}  // namespace ringwall::sip
