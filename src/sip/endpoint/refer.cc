// REFER (RFC 3515): each one begins a subscription to what becomes of it, unless both sides do without (RFC 4488).
#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/headers.h"

namespace ringwall::sip {
namespace {

// Refer-Sub: false (RFC 4488 section 4).
bool declines_subscription(const Message& message) {
  std::string_view value = message.header(HeaderName::refer_sub);
  return equals_ignoring_case(trim(take_until(value, ';')), "false");
}

}  // namespace

SubscriptionId Endpoint::Core::accept_refer(ServerRequestId id, Time now) {
  ServerTransaction* transaction = servers.find(TransactionId{id.value});
  if (transaction == nullptr || transaction->request->method() != Method::refer || transaction->answered()) return {};
  const Message& request = *transaction->request;
  if (declines_subscription(request)) {
    respond(*transaction, 202, {.status = 202, .headers = {{"Refer-Sub", "false"}}}, now);
    return {};
  }
  Leg* used = leg(transaction->user);
  Subscription* beside = subscriptions.find(transaction->user);
  std::shared_ptr<SubscriptionDialog> own = beside != nullptr ? beside->own : nullptr;
  DialogPath* path = used != nullptr ? static_cast<DialogPath*>(used) : own.get();
  auto dialog = Dialog::called(request, transaction->to_tag);
  if (!can_subscribe(path) || (path == nullptr && (!request.to().tag.empty() || !dialog))) {
    respond(*transaction, 500, {.status = 500}, now);
    return {};
  }
  if (path == nullptr) {
    own = add_dialog(false, std::move(*dialog));
    own->dialog.answered(200);
    own->route = transaction->route;
    own->remote = transaction->route.address;
    own->proven = {own->remote.ip};  // what TLS proved is not known here: over its connection only
    own->address_listens = own->route.transport == Transport::udp;
    flows.join(own->member, transaction->route.flow);
    path = own.get();
  }
  path->dialog.refresh_target(request);
  Subscription& made = add_subscription(std::move(own), used);
  made.state = Subscription::State::active;
  made.package = "refer";
  made.event_id = std::to_string(request.cseq().number);
  made.bare_event = path->refers++ == 0;
  made.longest = refer_lifetime;
  made.ends = now + refer_lifetime;
  schedule(made);
  const SubscriptionId out = made.id;
  respond(*transaction, 202, {.status = 202}, now);
  notify(made, {{}, {"message/sipfrag;version=2.0", "SIP/2.0 100 Trying\r\n"}, {}}, now);
  return out;
}

// A REFER of ours has gone out: its NOTIFYs may come before its response.
void Endpoint::Core::expect_refer(std::shared_ptr<SubscriptionDialog> own, Leg* leg,
                                  const ClientTransaction& transaction, std::uint32_t cseq, Time now) {
  DialogPath& path = leg != nullptr ? static_cast<DialogPath&>(*leg) : *own;
  Subscription& made = subscriptions.add(transaction.id.value, SubscriptionId{transaction.id.value});
  made.side = Subscription::Side::subscriber;
  made.state = Subscription::State::asked;
  made.package = "refer";
  made.event_id = std::to_string(cseq);
  made.bare_event = path.refers_sent++ == 0;
  made.notify_by = made.forks_until = now + timing(path.route.transport).patience();
  if (leg != nullptr) made.leg = leg->id;
  made.own = std::move(own);
  path.subscriptions.push_back(&made);
  schedule(made);
}

void Endpoint::Core::refer_answered(const ClientTransaction& transaction, const MessagePtr& message) {
  Subscription* found = subscriptions.find(transaction.id.value);
  if (found == nullptr) return;
  const bool accepted = message != nullptr && message->status() < 300;
  if (!accepted || declines_subscription(*message)) erase(*found);
}

}  // namespace ringwall::sip
