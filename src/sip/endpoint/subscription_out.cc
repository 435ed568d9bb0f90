// The subscriber's side of a subscription (RFC 6665 section 4.1).
#include <algorithm>

#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/message/event_headers.h"

namespace ringwall::sip {
namespace {

using std::chrono::seconds;

// Packages that say that one subscription has one dialog: RFC 3856 section 6.9, RFC 3680 section 4.9.
bool takes_forks(std::string_view package) {
  return package != "presence" && package != "reg";
}

Headers subscribe_headers(const Subscription& subscription, seconds expires) {
  Headers out{{"Event", subscription.event()}, {"Expires", std::to_string(expires.count())}};
  out.insert(out.end(), subscription.headers.begin(), subscription.headers.end());
  return out;
}

}  // namespace

SubscriptionId Endpoint::Core::subscribe(Outgoing request, const std::string& event, seconds expires, Time now) {
  std::string call_id = request.call_id.empty() ? new_call_id() : request.call_id;
  std::string tag = new_token();
  std::string branch = new_branch();
  Outgoing first = request;
  first.headers.insert(first.headers.begin(), {{"Event", event}, {"Expires", std::to_string(expires.count())}});
  std::string bytes = write_outgoing(Method::subscribe, first, call_id, tag, branch);
  const auto readable = Message::parse(bytes);
  const auto named = parse_event(event);
  if (!readable || !named || !can_subscribe(nullptr) || full()) {
    const bool sound = readable && named;
    const SubscriptionId failed{++last_id};
    events.push_back(SubscriptionEnded{failed, sound ? 503 : 500, sound ? "too many subscriptions" : "malformed"});
    return failed;
  }
  auto own = add_dialog(true, Dialog::caller(std::move(call_id), request.from, request.to, request.request_uri,
                                             std::move(tag), last_cseq));
  own->route = std::move(request.route);
  own->remote = own->route.address;
  own->address_listens = !own->route.flow || own->route.transport == Transport::udp;
  if (own->route.flow) flows.join(own->member, own->route.flow);
  const Route route = own->route;
  Subscription& made = add_subscription(std::move(own), nullptr);
  made.side = Subscription::Side::subscriber;
  made.state = Subscription::State::asked;
  made.package = named->package;
  made.event_id = named->id;
  made.wanted = expires;
  made.headers = std::move(request.headers);
  made.notify_by = made.forks_until = now + timing(route.transport).patience();
  schedule(made);
  made.under_way = start_client(Method::subscribe, std::move(branch), std::move(bytes), route, Purpose::subscribe,
                                LegId{made.number}, now)
                       .id;
  return made.id;
}

// In the dialog; or the first one again, after a 423.
void Endpoint::Core::send_subscribe(Subscription& subscription, seconds expires, Time now) {
  DialogPath& path = path_of(subscription);
  std::string branch = new_branch();
  std::string bytes = write_in_dialog(path, Method::subscribe, path.dialog.next_cseq(), branch,
                                      subscribe_headers(subscription, expires), {});
  subscription.notify_by = now + timing(path.route.transport).patience();
  subscription.under_way = start_client(Method::subscribe, std::move(branch), std::move(bytes), Route(path.route),
                                        Purpose::subscribe, LegId{subscription.number}, now)
                               .id;
  schedule(subscription);
}

void Endpoint::Core::unsubscribe(SubscriptionId id, Time now) {
  for (Subscription* held : subscriptions.all(id)) {
    if (held->side != Subscription::Side::subscriber || held->state == Subscription::State::leaving) continue;
    // Without a dialog there is nothing to end: the NOTIFY that comes yet gets 481, and that ends it.
    const bool known = held->state == Subscription::State::active;
    held->state = Subscription::State::leaving;
    if (!known) {
      erase(*held);
      continue;
    }
    held->refresh = held->ends = never;
    send_subscribe(*held, seconds::zero(), now);
  }
}

// The time that the notifier has given (section 4.1.2.1): we ask again while there is time to hear of a failure.
void Endpoint::Core::grant(Subscription& subscription, seconds expires, Time now) const {
  const Duration patience = 64 * options.t1;
  subscription.ends = now + expires;
  subscription.refresh = subscription.wanted == seconds::zero()
                             ? never
                             : subscription.ends - std::min<Duration>(patience + seconds(5), expires / 2);
}

void Endpoint::Core::subscribe_answered(const ClientTransaction& transaction, int status, const std::string& reason,
                                        const MessagePtr& message, Time now) {
  Subscription* found = subscriptions.find(transaction.user);
  if (found == nullptr || found->under_way != transaction.id) return;
  found->under_way = {};
  const bool first = found->state == Subscription::State::asked;
  const bool leaving = found->state == Subscription::State::leaving;
  if (status < 300) {
    if (leaving) return;
    const auto given = message->expires();
    found->wanted = given && *given == 0 ? seconds::zero() : found->wanted;
    grant(*found, given ? std::min(seconds(*given), found->wanted) : found->wanted, now);
    if (found->wanted == seconds::zero()) found->ends = never;  // one NOTIFY, or timer N
    if (!first) path_of(*found).dialog.refresh_target(*message);
    return schedule(*found);
  }
  const auto shortest =
      message == nullptr ? std::nullopt : parse_delta_seconds(message->header(HeaderName::min_expires));
  if (status == 423 && shortest && !found->retried && !leaving && *shortest > found->wanted.count()) {
    found->retried = true;
    found->wanted = seconds(*shortest);
    return send_subscribe(*found, found->wanted, now);
  }
  if (first || leaving || status == 408 || harm_of(status) != Harm::none) {
    harm(*found, message == nullptr ? 0 : status, now);
    return end_subscription(*found, status, reason);
  }
  // What was granted still holds (section 4.1.2.2); with enough of it left, we ask once more.
  found->notify_by = never;
  const Duration left = found->ends - now;
  if (left > 128 * options.t1) found->refresh = now + left / 2;
  schedule(*found);
}

// The first NOTIFY makes the dialog; one with another tag is another fork's (sections 4.1.2.4 and 4.4.1).
SubscriptionDialog* Endpoint::Core::take_fork(const Message& notify, Time now) {
  const auto held = subscriptions.dialogs(notify.to().tag);
  const auto event = parse_event(notify.header(HeaderName::event));
  const auto asked_here = [&](const SubscriptionDialog* dialog) {
    return dialog->dialog.call_id() == notify.call_id() && dialog->outgoing &&
           find_subscription(*subscriptions.find_dialog(dialog->number), Subscription::Side::subscriber, notify);
  };
  const auto at = std::ranges::find_if(held, asked_here);
  if (!event || at == held.end()) return nullptr;
  if ((*at)->dialog.state() == Dialog::State::none) return (*at)->dialog.receive_notify(notify) ? *at : nullptr;
  const Subscription& known = *find_subscription(**at, Subscription::Side::subscriber, notify);
  const bool late = known.forks_until <= now || known.state == Subscription::State::leaving;
  if (late || !takes_forks(known.package) || held.size() >= limits::sip_forks || !can_subscribe(nullptr))
    return nullptr;
  Dialog dialog = (*at)->dialog;
  if (!dialog.receive_notify(notify)) return nullptr;
  auto own = add_dialog(true, std::move(dialog));
  own->route = (*at)->route;
  own->route.flow = {};
  Subscription& fork = subscriptions.add(++last_id, known.id);
  fork.side = Subscription::Side::subscriber;
  fork.state = Subscription::State::asked;
  fork.package = known.package;
  fork.event_id = known.event_id;
  fork.bare_event = known.bare_event;
  fork.wanted = known.wanted;
  fork.forks_until = known.forks_until;
  fork.headers = known.headers;
  fork.own = own;
  own->subscriptions.push_back(&fork);
  return own.get();
}

void Endpoint::Core::receive_notify(DialogPath& path, ServerTransaction& transaction, const MessagePtr& message,
                                    Time now) {
  const auto state = parse_subscription_state(message->header(HeaderName::subscription_state));
  const auto event = parse_event(message->header(HeaderName::event));
  if (!event)
    return respond(transaction, 489, {.status = 489, .headers = {{"Allow-Events", options.allow_events}}}, now);
  if (!state) return respond(transaction, 400, {.status = 400}, now);
  Subscription* found = find_subscription(path, Subscription::Side::subscriber, *message);
  if (found == nullptr) return respond(transaction, 481, {.status = 481}, now);
  respond(transaction, 200, {}, now);
  path.dialog.refresh_target(*message);
  found->notify_by = never;
  const bool leaving = found->state == Subscription::State::leaving;
  if (!leaving) {
    found->state = Subscription::State::active;
    events.push_back(Notified{found->id, message});
  }
  if (state->is_terminated())
    return end_subscription(*found, 0, std::string(state->reason.empty() ? "terminated" : state->reason));
  if (leaving) {
    found->notify_by = now + timing(path.route.transport).patience();
  } else if (state->expires) {
    grant(*found, std::min<seconds>(seconds(*state->expires), limits::subscription_longest), now);
  }
  schedule(*found);
}

}  // namespace ringwall::sip
