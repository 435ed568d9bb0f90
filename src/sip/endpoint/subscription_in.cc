// The notifier's side of a subscription (RFC 6665 section 4.2).
#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/message/event_headers.h"
#include "sip/message/warning.h"

namespace ringwall::sip {
namespace {

using std::chrono::seconds;

// Without an Expires each package that we serve lasts an hour.
seconds asked_time(const Message& subscribe) {
  const auto given = subscribe.expires();
  return given ? seconds(*given) : limits::subscription_longest;
}

bool has_token(std::string_view list, std::string_view wanted) {
  return std::ranges::any_of(split(list, ','), [wanted](std::string_view token) { return trim(token) == wanted; });
}

std::string print_state(const Subscription& subscription, const SubscriptionState& state, Time now) {
  using Value = SubscriptionState::Value;
  if (state.value == Value::terminated) {
    std::string out = "terminated";
    if (!state.reason.empty()) out += ";reason=" + state.reason;
    if (state.retry_after >= seconds::zero()) out += fmt::format(";retry-after={}", state.retry_after.count());
    return out;
  }
  const auto left = std::chrono::duration_cast<seconds>(std::max(subscription.ends - now, Duration::zero()));
  return fmt::format("{};expires={}", state.value == Value::pending ? "pending" : "active", left.count());
}

}  // namespace

// What is wrong with a SUBSCRIBE that every package would refuse (section 4.2.1.1).
std::optional<Answer> Endpoint::Core::object_to_subscribe(const Message& message, const DialogPath* path) const {
  const auto event = parse_event(message.header(HeaderName::event));
  if (!event || !has_token(options.allow_events, event->package))
    return Answer{.status = 489, .headers = {{"Allow-Events", options.allow_events}}};
  // RFC 3515 section 2.4.4: only a REFER begins one of these.
  if (event->package == "refer") return Answer{.status = 403};
  const seconds asked = asked_time(message);
  if (asked > seconds::zero() && asked < options.subscription_shortest)
    return Answer{.status = 423, .headers = {{"Min-Expires", std::to_string(options.subscription_shortest.count())}}};
  if (!can_subscribe(path)) return Answer{.status = 503, .headers = {{"Retry-After", "60"}}};
  return std::nullopt;
}

void Endpoint::Core::receive_new_subscribe(const Flow& flow, const MessagePtr& message, Time now) {
  auto dialog = Dialog::called(*message, new_token());
  ServerTransaction& transaction = start_server(flow, message, now);
  if (!dialog) {
    const std::string words = print(Warning{399, options.host, dialog.error().what});
    return respond(transaction, 400, {.status = 400, .headers = {{"Warning", words}}}, now);
  }
  if (const auto objection = object_to_subscribe(*message, nullptr))
    return respond(transaction, objection->status, *objection, now);
  auto own = add_dialog(false, std::move(*dialog));
  transaction.to_tag = own->dialog.local_tag();
  bind(*own, flow);
  own->route.by_address = transaction.route.by_address;
  offer_subscription(add_subscription(std::move(own), nullptr), flow, transaction, now);
}

void Endpoint::Core::receive_subscribe(DialogPath& path, Leg* leg, const Flow& flow, ServerTransaction& transaction,
                                       Time now) {
  const Message& message = *transaction.request;
  if (Subscription* known = find_subscription(path, Subscription::Side::notifier, message))
    return refresh_subscription(*known, transaction, now);
  if (const auto objection = object_to_subscribe(message, &path))
    return respond(transaction, objection->status, *objection, now);
  path.dialog.refresh_target(message);
  auto own = leg == nullptr ? path.subscriptions.front()->own : nullptr;
  offer_subscription(add_subscription(std::move(own), leg), flow, transaction, now);
}

void Endpoint::Core::offer_subscription(Subscription& subscription, const Flow& flow, ServerTransaction& transaction,
                                        Time now) {
  const auto event = parse_event(transaction.request->header(HeaderName::event));
  subscription.package = event->package;
  subscription.event_id = event->id;
  subscription.asked = std::min<seconds>(asked_time(*transaction.request), limits::subscription_longest);
  subscription.under_way = transaction.id;
  subscription.ends = now + timing(transaction.route.transport).patience();  // for the application to answer
  transaction.user = subscription.number;
  schedule(subscription);
  events.push_back(IncomingSubscribe{subscription.id, subscription.leg, flow, transaction.request, subscription.asked});
}

void Endpoint::Core::accept_subscription(SubscriptionId id, seconds expires, Time now, Headers headers) {
  Subscription* found = subscriptions.find(id);
  if (found == nullptr || found->state != Subscription::State::offered) return;
  ServerTransaction* asked = servers.find(std::exchange(found->under_way, {}));
  if (asked == nullptr) return end_subscription(*found, 0, "the subscriber's connection closed");
  const seconds granted = std::clamp(expires, seconds::zero(), found->asked);  // never longer than asked
  DialogPath& path = path_of(*found);
  if (path.dialog.state() == Dialog::State::none) path.dialog.answered(200);
  found->state = Subscription::State::active;
  found->longest = granted < found->asked ? granted : seconds(limits::subscription_longest);
  found->fetch = granted == seconds::zero();
  found->ends = now + (found->fetch ? timing(asked->route.transport).patience() : Duration(granted));
  headers.emplace_back("Expires", std::to_string(granted.count()));
  schedule(*found);
  respond(*asked, 200, {.headers = std::move(headers)}, now);
}

void Endpoint::Core::reject_subscription(SubscriptionId id, const Answer& answer, Time now) {
  Subscription* found = subscriptions.find(id);
  if (found == nullptr || found->state != Subscription::State::offered) return;
  ServerTransaction* asked = servers.find(found->under_way);
  if (asked != nullptr) {
    const int status = answer.status < 300 || answer.status > 699 ? 500 : answer.status;
    respond(*asked, status, answer, now);
  }
  erase(*found);
}

void Endpoint::Core::refresh_subscription(Subscription& subscription, ServerTransaction& transaction, Time now) {
  if (subscription.closed) return respond(transaction, 481, {.status = 481}, now);
  if (subscription.state == Subscription::State::offered) return respond(transaction, 491, {.status = 491}, now);
  const seconds asked = asked_time(*transaction.request);
  if (asked > seconds::zero() && asked < options.subscription_shortest) {
    const std::string shortest = std::to_string(options.subscription_shortest.count());
    return respond(transaction, 423, {.status = 423, .headers = {{"Min-Expires", shortest}}}, now);
  }
  const seconds granted = std::min(asked, subscription.longest);
  subscription.fetch = granted == seconds::zero();
  subscription.ends = now + (subscription.fetch ? timing(transaction.route.transport).patience() : Duration(granted));
  path_of(subscription).dialog.refresh_target(*transaction.request);
  schedule(subscription);
  respond(transaction, 200, {.headers = {{"Expires", std::to_string(granted.count())}}}, now);
  events.push_back(SubscriptionRefreshed{subscription.id});
}

void Endpoint::Core::notify(SubscriptionId id, Notification notification, Time now) {
  Subscription* found = subscriptions.find(id);
  if (found == nullptr || found->side != Subscription::Side::notifier) return;
  if (found->state == Subscription::State::active && !found->closed) notify(*found, std::move(notification), now);
}

void Endpoint::Core::notify(Subscription& subscription, Notification notification, Time now) {
  using Value = SubscriptionState::Value;
  // Section 4.2.1.4: whoever asked for no time gets the state once; whoever left, once more.
  if (subscription.fetch && notification.state.value != Value::terminated) {
    notification.state = {Value::terminated, "timeout"};
    events.push_back(SubscriptionEnded{subscription.id, 0, "timeout"});
  }
  subscription.closed = notification.state.value == Value::terminated;
  if (subscription.closed) subscription.ends = never;
  if (subscription.waiting.size() >= most_waiting_notifications) subscription.waiting.pop_front();
  subscription.waiting.push_back(std::move(notification));
  send_notify(subscription, now);
}

void Endpoint::Core::close_subscription(Subscription& subscription, std::string reason, Time now) {
  if (subscription.closed) return;
  events.push_back(SubscriptionEnded{subscription.id, 0, reason});
  notify(subscription, {{SubscriptionState::Value::terminated, std::move(reason)}, {}, {}}, now);
}

// One after another: the next NOTIFY goes when this one is answered (section 4.2.2).
void Endpoint::Core::send_notify(Subscription& subscription, Time now) {
  if (subscription.under_way || subscription.waiting.empty()) return;
  Notification next = std::move(subscription.waiting.front());
  subscription.waiting.pop_front();
  DialogPath& path = path_of(subscription);
  Headers headers{{"Event", subscription.event()}, {"Subscription-State", print_state(subscription, next.state, now)}};
  headers.insert(headers.end(), std::make_move_iterator(next.headers.begin()),
                 std::make_move_iterator(next.headers.end()));
  std::string branch = new_branch();
  std::string bytes = write_in_dialog(path, Method::notify, path.dialog.next_cseq(), branch, headers, next.body);
  // Calls and subscriptions share one row of numbers: it names the transaction's user.
  subscription.under_way = start_client(Method::notify, std::move(branch), std::move(bytes), Route(path.route),
                                        Purpose::notify, LegId{subscription.number}, now)
                               .id;
}

void Endpoint::Core::notify_answered(const ClientTransaction& transaction, int status, bool local, Time now) {
  Subscription* found = subscriptions.find(transaction.user);
  if (found == nullptr || found->under_way != transaction.id) return;
  found->under_way = {};
  if (local || harm_of(status) != Harm::none) {  // without a response there is no way to the subscriber any more
    harm(*found, local ? 0 : status, now);
    return end_subscription(*found, 0, fmt::format("the NOTIFY failed: {} {}", status, default_reason(status)));
  }
  if (found->closed && found->waiting.empty()) return erase(*found);
  send_notify(*found, now);
}

}  // namespace ringwall::sip
