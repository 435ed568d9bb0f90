#include "sip/endpoint/subscription.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/message/event_headers.h"

namespace ringwall::sip {

Harm harm_of(int status) {
  switch (status) {
    case 404:  // what the dialog's target names is not there: nothing can be sent to it
    case 410:
    case 416:
    case 482:
    case 483:
    case 484:
    case 485:
    case 502:
    case 604:
      return Harm::dialog;
    case 405:
    case 408:
    case 480:
    case 481:
    case 489:
    case 501:
      return Harm::usage;
    default:
      return Harm::none;
  }
}

Time Subscription::next_timer() const {
  return std::min({ends, refresh, notify_by});
}

bool Subscription::matches(Side which, std::string_view package_name, std::string_view id_parameter) const {
  if (side != which || package != package_name) return false;
  return id_parameter == event_id || (bare_event && id_parameter.empty());
}

std::string Subscription::event() const {
  return event_id.empty() || bare_event ? package : package + ";id=" + event_id;
}

Subscription& SubscriptionTable::add(std::uint64_t number, SubscriptionId id) {
  auto made = std::make_unique<Subscription>();
  made->number = number;
  made->id = id;
  Subscription& out = *made;
  by_id_.emplace(id, &out);
  CHECK(by_number_.emplace(number, std::move(made)).second);
  return out;
}

Subscription* SubscriptionTable::find(std::uint64_t number) {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? nullptr : at->second.get();
}

Subscription* SubscriptionTable::find(SubscriptionId id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second;
}

std::vector<Subscription*> SubscriptionTable::all(SubscriptionId id) {
  std::vector<Subscription*> out;
  for (auto [at, end] = by_id_.equal_range(id); at != end; ++at)
    out.push_back(at->second);
  return out;
}

void SubscriptionTable::erase(std::uint64_t number) {
  const auto found = by_number_.find(number);
  CHECK(found != by_number_.end());
  auto [at, end] = by_id_.equal_range(found->second->id);
  at = std::find_if(at, end, [&](const auto& entry) { return entry.second == found->second.get(); });
  by_id_.erase(at);
  by_number_.erase(found);
}

void SubscriptionTable::add(SubscriptionDialog& dialog) {
  dialogs_.emplace(dialog.number, &dialog);
  by_tag_.emplace(dialog.dialog.local_tag(), &dialog);
}

void SubscriptionTable::erase(SubscriptionDialog& dialog) {
  dialogs_.erase(dialog.number);
  auto [at, end] = by_tag_.equal_range(dialog.dialog.local_tag());
  at = std::find_if(at, end, [&](const auto& entry) { return entry.second == &dialog; });
  CHECK(at != end);
  by_tag_.erase(at);
}

SubscriptionDialog* SubscriptionTable::find_dialog(std::uint64_t number) {
  const auto at = dialogs_.find(number);
  return at == dialogs_.end() ? nullptr : at->second;
}

std::vector<SubscriptionDialog*> SubscriptionTable::dialogs(std::string_view local_tag) {
  std::vector<SubscriptionDialog*> out;
  for (auto [at, end] = by_tag_.equal_range(std::string(local_tag)); at != end; ++at)
    out.push_back(at->second);
  return out;
}

DialogPath& Endpoint::Core::path_of(Subscription& subscription) {
  if (subscription.own) return *subscription.own;
  Leg* used = leg(subscription.leg);
  CHECK(used != nullptr);
  return *used;
}

// The dialog that a transaction works in: a call's, or that of a subscription.
DialogPath* Endpoint::Core::path_of(std::uint64_t user) {
  if (Leg* used = leg(user)) return used;
  Subscription* subscription = subscriptions.find(user);
  return subscription == nullptr ? nullptr : &path_of(*subscription);
}

Subscription* Endpoint::Core::find_subscription(DialogPath& path, Subscription::Side side, const Message& message) {
  const auto event = parse_event(message.header(HeaderName::event));
  if (!event) return nullptr;
  const auto named = [&](const Subscription* held) { return held->matches(side, event->package, event->id); };
  const auto at = std::ranges::find_if(path.subscriptions, named);
  return at == path.subscriptions.end() ? nullptr : *at;
}

bool Endpoint::Core::can_subscribe(const DialogPath* path) const {
  return subscriptions.size() < limits::sip_subscriptions &&
         (path == nullptr || path->subscriptions.size() < limits::sip_subscriptions_per_leg);
}

std::shared_ptr<SubscriptionDialog> Endpoint::Core::add_dialog(bool outgoing, Dialog dialog) {
  auto out = std::make_shared<SubscriptionDialog>(++last_id, outgoing);
  out->dialog = std::move(dialog);
  subscriptions.add(*out);
  return out;
}

Subscription& Endpoint::Core::add_subscription(std::shared_ptr<SubscriptionDialog> own, Leg* leg) {
  const std::uint64_t number = ++last_id;
  Subscription& out = subscriptions.add(number, SubscriptionId{number});
  DialogPath& path = leg != nullptr ? static_cast<DialogPath&>(*leg) : *own;
  if (leg != nullptr) out.leg = leg->id;
  out.own = std::move(own);
  path.subscriptions.push_back(&out);
  return out;
}

void Endpoint::Core::erase(Subscription& subscription) {
  DialogPath& path = path_of(subscription);
  std::erase(path.subscriptions, &subscription);
  if (subscription.own && path.subscriptions.empty()) subscriptions.erase(*subscription.own);
  subscriptions.erase(subscription.number);
}

// The call is over, its dialog is not: it lives on for the subscriptions in it (RFC 5057 section 4.1).
void Endpoint::Core::leave_leg(Leg& leg) {
  if (leg.subscriptions.empty()) return;
  const auto heir = add_dialog(leg.outgoing, leg.dialog);
  heir->route = leg.route;
  heir->remote = leg.remote;
  heir->proven = leg.proven;
  heir->address_listens = leg.address_listens;
  heir->refers = leg.refers;
  heir->refers_sent = leg.refers_sent;
  if (leg.member.flow()) flows.join(heir->member, leg.member.flow());
  heir->subscriptions = std::exchange(leg.subscriptions, {});
  for (Subscription* held : heir->subscriptions) {
    held->leg = {};
    held->own = heir;
  }
}

// The application hears of it once, when the last fork is gone, and not at all when it has asked for the end itself.
void Endpoint::Core::end_subscription(Subscription& subscription, int status, std::string reason) {
  const SubscriptionId id = subscription.id;
  const bool told = subscription.closed || subscription.state == Subscription::State::leaving;
  erase(subscription);
  if (!told && subscriptions.find(id) == nullptr) events.push_back(SubscriptionEnded{id, status, std::move(reason)});
}

void Endpoint::Core::schedule(Subscription& subscription) {
  timers.schedule(subscription.number, subscription.slot, subscription.next_timer());
}

// A refusal that says more than that one request failed: the dialog is gone, and a call in it as well.
void Endpoint::Core::harm(Subscription& subscription, int status, Time now) {
  Leg* used = leg(subscription.leg);
  if (harm_of(status) == Harm::dialog && used != nullptr && !used->silent)
    end_by_us(*used, fmt::format("the peer answered {} in the dialog", status), now);
}

void Endpoint::Core::expire_subscription(Subscription& subscription, Time now) {
  const std::uint64_t number = subscription.number;
  if (subscription.notify_by <= now) return end_subscription(subscription, 408, "no NOTIFY came in time");
  if (subscription.refresh <= now) {
    subscription.refresh = never;
    send_subscribe(subscription, subscription.wanted, now);
  }
  if (subscription.ends <= now) {
    if (subscription.side == Subscription::Side::subscriber) return end_subscription(subscription, 0, "timeout");
    if (subscription.state == Subscription::State::offered) {
      if (ServerTransaction* asked = servers.find(subscription.under_way)) respond(*asked, 500, {.status = 500}, now);
      return end_subscription(subscription, 0, "nobody answered the SUBSCRIBE");
    }
    close_subscription(subscription, "timeout", now);
  }
  if (Subscription* left = subscriptions.find(number)) schedule(*left);
}

// A request in a dialog that no call uses.
void Endpoint::Core::receive_in_subscription(const Flow& flow, const MessagePtr& message, Time now) {
  const Method method = message->method();
  SubscriptionDialog* found = nullptr;
  for (SubscriptionDialog* held : subscriptions.dialogs(message->to().tag))
    if (held->dialog.state() != Dialog::State::none && held->dialog.matches(*message)) found = held;
  if (found == nullptr && method == Method::notify) found = take_fork(*message, now);
  if (found == nullptr || !is_same_peer(*found, flow)) return refuse(flow, *message, 481);
  if (method == Method::invite || method == Method::bye || method == Method::info || method == Method::update ||
      method == Method::prack)
    return refuse(flow, *message, 481);
  if (!found->dialog.receive_request(*message)) return refuse(flow, *message, 500);
  bind(*found, flow);
  ServerTransaction& transaction = start_server(flow, message, now);
  transaction.user = found->subscriptions.front()->number;
  if (method == Method::subscribe) return receive_subscribe(*found, nullptr, flow, transaction, now);
  if (method == Method::notify) return receive_notify(*found, transaction, message, now);
  events.push_back(IncomingRequest{ServerRequestId{transaction.id.value}, LegId{}, flow, message});
}

}  // namespace ringwall::sip
