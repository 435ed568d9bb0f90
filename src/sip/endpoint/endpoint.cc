#include "sip/endpoint/endpoint.h"

#include "sip/endpoint/core.h"
#include "sip/message/identity_headers.h"

namespace ringwall::sip {
namespace {

std::string_view state_name(const Leg& leg) {
  if (leg.silent) return "terminating";
  switch (leg.state) {
    case Leg::State::calling:
      return "calling";
    case Leg::State::proceeding:
      return "proceeding";
    case Leg::State::early:
      return "early";
    case Leg::State::confirmed:
      return "confirmed";
    case Leg::State::terminating:
      break;
  }
  return "terminating";
}

}  // namespace

Endpoint::Endpoint(EndpointOptions options) : core_(std::make_unique<Core>(std::move(options))) {}
Endpoint::~Endpoint() = default;

void Endpoint::receive(const Flow& flow, std::string_view message, Time now) {
  core_->receive(flow, message, now);
}
void Endpoint::receive_broken(const Flow& flow, std::string_view bytes, const ParseError& refusal) {
  core_->answer_malformed(flow, bytes, refusal);
}
void Endpoint::send_failed(TransmitId id, const Error& why, Time now) {
  core_->send_failed(id, why, now);
}
void Endpoint::flow_closed(FlowId flow, Time now) {
  core_->flow_closed(flow, now);
}
void Endpoint::expire(Time now) {
  core_->expire(now);
}
Endpoint::Overload Endpoint::load(Duration loop_delay, Time now) {
  if (core_->options.overload_control) core_->overload_in.measure(core_->transactions(), loop_delay, now);
  return {core_->overload_in.loss(), core_->turned_away};
}
std::optional<Time> Endpoint::next_timer() const {
  return core_->timers.next();
}
std::optional<Transmit> Endpoint::poll_transmit() {
  return core_->transmits.take();
}
std::optional<Event> Endpoint::poll_event() {
  return core_->events.take();
}

void Endpoint::transmitted(TransmitId id, FlowId flow) {
  ClientTransaction* transaction = core_->clients.find(TransactionId{id.value >> 8});
  if (transaction != nullptr && !transaction->member.flow()) core_->flows.join(transaction->member, flow);
}

LegId Endpoint::invite(Outgoing request, Time now) {
  return core_->invite(std::move(request), now);
}
void Endpoint::ack(LegId leg, Body body, Time now) {
  core_->ack(leg, body, now);
}
void Endpoint::reinvite(LegId leg, Body body, Time now, Headers headers) {
  core_->reinvite(leg, std::move(body), now, std::move(headers));
}
void Endpoint::prack(LegId leg, Body answer, Time now) {
  core_->prack(leg, answer, now);
}
void Endpoint::provisional(LegId leg, int status, Body body, Time now, Headers headers) {
  core_->provisional(leg, status, std::move(body), now, std::move(headers));
}
void Endpoint::accept(LegId leg, Body body, Time now, Headers headers) {
  core_->accept(leg, std::move(body), now, std::move(headers));
}
void Endpoint::reject(LegId leg, Answer answer, Time now) {
  core_->reject(leg, std::move(answer), now);
}
void Endpoint::hang_up(LegId leg, Time now, Headers headers, Body body) {
  core_->hang_up(leg, now, std::move(headers), std::move(body));
}
RequestId Endpoint::request(Method method, Outgoing request, Time now) {
  return core_->request(method, std::move(request), now);
}
RequestId Endpoint::request_in_dialog(LegId leg, Method method, Headers headers, Body body, Time now) {
  return core_->request_in_dialog(leg, method, headers, body, now);
}
void Endpoint::respond(ServerRequestId id, Answer answer, Time now) {
  core_->respond(id, std::move(answer), now);
}

void Endpoint::accept_subscription(SubscriptionId id, std::chrono::seconds expires, Time now, Headers headers) {
  core_->accept_subscription(id, expires, now, std::move(headers));
}
void Endpoint::reject_subscription(SubscriptionId id, Answer answer, Time now) {
  core_->reject_subscription(id, answer, now);
}
void Endpoint::notify(SubscriptionId id, SubscriptionState state, Body body, Time now, Headers headers) {
  core_->notify(id, {std::move(state), std::move(body), std::move(headers)}, now);
}
SubscriptionId Endpoint::accept_refer(ServerRequestId id, Time now) {
  return core_->accept_refer(id, now);
}
SubscriptionId Endpoint::subscribe(Outgoing request, std::string event, std::chrono::seconds expires, Time now) {
  return core_->subscribe(std::move(request), event, expires, now);
}
void Endpoint::unsubscribe(SubscriptionId id, Time now) {
  core_->unsubscribe(id, now);
}
LegId Endpoint::find_dialog(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) const {
  const Leg* found = core_->find_dialog(call_id, local_tag, remote_tag);
  return found == nullptr ? LegId{} : found->id;
}
std::size_t Endpoint::subscription_count() const {
  return core_->subscriptions.size();
}

void Endpoint::set_peer(LegId leg, std::string peer) {
  if (Leg* used = core_->leg(leg)) used->route.peer = std::move(peer);
}

void Endpoint::set_session_id(LegId leg, std::string uuid) {
  Leg* used = core_->leg(leg);
  if (used != nullptr && is_session_uuid(uuid)) used->session_id.set_local(std::move(uuid));
}

std::optional<Endpoint::LegView> Endpoint::view(LegId leg) const {
  const Leg* used = core_->leg(leg);
  if (used == nullptr) return std::nullopt;
  const Dialog& dialog = used->dialog;
  LegView out{leg,
              used->outgoing,
              std::string(state_name(*used)),
              dialog.call_id(),
              dialog.local_tag(),
              dialog.remote_tag(),
              dialog.local_uri(),
              dialog.remote_uri(),
              used->route.flow,
              used->remote,
              used->session_id.local,
              used->session_id.remote};
  out.session_interval = used->clock.terms.interval;
  out.refresher = used->clock.terms.we_refresh;
  return out;
}
std::size_t Endpoint::leg_count() const {
  return core_->legs.size();
}
std::uint64_t Endpoint::malformed_count() const {
  return core_->malformed;
}
std::size_t Endpoint::transaction_count() const {
  return core_->transactions();
}

}  // namespace ringwall::sip
