#include "call_manager/watchers.h"

#include "sip/event/dialog_info.h"
#include "sip/event/presence.h"
#include "sip/event/reg_info.h"

namespace ringwall::call_manager {
namespace {

using sip::event::DialogState;

DialogState::State dialog_state(std::string_view state) {
  if (state.starts_with("confirmed")) return DialogState::State::confirmed;
  if (state.starts_with("early")) return DialogState::State::early;
  if (state.starts_with("proceeding")) return DialogState::State::proceeding;
  return state.starts_with("terminating") ? DialogState::State::terminated : DialogState::State::trying;
}

std::string accepted_types(const sip::Message& message) {
  std::string out;
  for (const std::string_view value : message.values(sip::HeaderName::accept))
    out.append(out.empty() ? "" : ",").append(value);
  return out;
}

}  // namespace

Watchers::Watchers(call::Element& element, const sip::Registrar& registrar,
                   const sip::event::Publications& publications)
    : element_(element), registrar_(registrar), publications_(publications) {}

std::string Watchers::aor(const std::string& line) const {
  return fmt::format("sip:{}@{}", sip::escape_user(line), element_.site().domain);
}

std::optional<policy::Refusal> Watchers::objection(const sip::IncomingSubscribe& subscribe,
                                                   const policy::Admitted& peer, const sip::event::Package& package,
                                                   const std::string& line) const {
  const auto* phone = element_.site().phone_of_line(line);
  if (!phone)
    return policy::Refusal{.status = 404, .warning = "there is no line " + line, .mend = "add a [[phone]] with it"};
  const bool is_private = package.name == "reg" || package.name == "message-summary";
  const bool is_phone = peer.kind == policy::PeerKind::phone;
  if (peer.kind == policy::PeerKind::trunk || (is_phone && is_private && peer.name != phone->name))
    return policy::Refusal{.status = 403,
                           .warning = "this line may not be watched",
                           .reason = fmt::format("{} may not watch {} of line {}", peer.name, package.name, line)};
  if (!sip::event::accepts(package, accepted_types(*subscribe.message)))
    return policy::Refusal{.status = 406, .warning = fmt::format("the state is told as {}", package.body_type)};
  return std::nullopt;
}

void Watchers::begin(const sip::IncomingSubscribe& subscribe, const policy::Admitted& peer) {
  std::string_view event = subscribe.message->header(sip::HeaderName::event);
  const std::string_view name = event.substr(0, event.find_first_of("; \t"));
  const sip::event::Package* package = sip::event::find_package(name);
  const std::string line = call::user_or_uri(subscribe.message->request_uri());
  if (!package) return element_.agent().refuse(subscribe, {.status = 489, .warning = "no such event package"});
  if (const auto refusal = objection(subscribe, peer, *package, line))
    return element_.agent().refuse(subscribe, *refusal);
  if (of_peer_[peer.name] >= most_of_one_peer)
    return element_.agent().refuse(subscribe, {.status = 503, .warning = "too many subscriptions of one peer"});
  ++of_peer_[peer.name];
  by_line_[line].insert(subscribe.id);
  Watch& watch = watches_[subscribe.id];
  watch.package = package;
  watch.line = line;
  watch.peer = peer.name;
  if (peer.kind == policy::PeerKind::phone) {
    watch.flow = subscribe.flow.id;
    by_flow_[watch.flow].insert(subscribe.id);
  }
  element_.agent().endpoint().accept_subscription(subscribe.id, std::min(subscribe.expires, package->longest),
                                                  element_.now());
  tell(subscribe.id, watch);
}

// RFC 6665 section 4.2.1.2: at once, whatever the interval.
void Watchers::refreshed(sip::SubscriptionId id) {
  if (const auto at = watches_.find(id); at != watches_.end()) tell(id, at->second);
}

void Watchers::ended(sip::SubscriptionId id) {
  const auto at = watches_.find(id);
  if (at == watches_.end()) return;
  if (--of_peer_[at->second.peer] == 0) of_peer_.erase(at->second.peer);
  const auto line = by_line_.find(at->second.line);
  line->second.erase(id);
  if (line->second.empty()) by_line_.erase(line);
  if (const auto flow = by_flow_.find(at->second.flow); flow != by_flow_.end()) {
    flow->second.erase(id);
    if (flow->second.empty()) by_flow_.erase(flow);
  }
  watches_.erase(at);
}

void Watchers::flow_closed(sip::FlowId flow) {
  const auto at = by_flow_.find(flow);
  if (at == by_flow_.end()) return;
  const std::set<sip::SubscriptionId> gone = std::move(at->second);
  by_flow_.erase(at);
  // RFC 6665 section 4.1.3: whoever can be reached after all subscribes again.
  for (const sip::SubscriptionId id : gone) {
    element_.agent().endpoint().notify(id, {sip::SubscriptionState::Value::terminated, "deactivated"}, {},
                                       element_.now());
    ended(id);
  }
}

void Watchers::unlist(const std::string& peer, const call::LegOwner& call) {
  const auto at = calls_.find(peer);
  if (at == calls_.end()) return;
  at->second.erase(&call);
  if (at->second.empty()) calls_.erase(at);
}

void Watchers::registration_changed(const std::string& line) {
  changed(line, "reg");
  changed(line, "presence");
}

void Watchers::calls_changed(const std::string& peer) {
  if (watches_.empty()) return;
  const auto* phone = element_.site().phone(peer);
  if (!phone) return;
  changed(phone->line, "dialog");
  changed(phone->line, "presence");
}

void Watchers::changed(const std::string& line, std::string_view package) {
  const auto at = by_line_.find(line);
  if (at == by_line_.end()) return;
  for (const sip::SubscriptionId id : at->second) {
    Watch& watch = watches_.at(id);
    if (watch.package->name != package || watch.timer.pending()) continue;
    if (watch.quiet_until <= element_.now()) {
      tell(id, watch);
      continue;
    }
    watch.timer = element_.context().loop.after(watch.quiet_until - element_.now(), [this, which = id] {
      if (const auto due = watches_.find(which); due != watches_.end()) tell(which, due->second);
    });
  }
}

void Watchers::tell(sip::SubscriptionId id, Watch& watch) {
  watch.timer.cancel();
  watch.quiet_until = element_.now() + watch.package->notify_interval;
  element_.agent().endpoint().notify(id, {}, {std::string(watch.package->body_type), body(watch)}, element_.now());
}

std::string Watchers::body(Watch& watch) const {
  if (watch.package->name == "dialog") return dialogs(watch);
  if (watch.package->name == "reg") return bindings(watch);
  if (watch.package->name == "presence") return presence(watch.line);
  if (mailboxes_) return sip::event::print(mailboxes_(watch.line));
  return sip::event::print(sip::event::MessageSummary{false, aor(watch.line), {{}}});
}

std::vector<call::LegView> Watchers::legs(const std::string& line) const {
  std::vector<call::LegView> out;
  const auto* phone = element_.site().phone_of_line(line);
  const auto at = phone ? calls_.find(phone->name) : calls_.end();
  if (at == calls_.end()) return out;
  for (const call::LegOwner* call : at->second)
    call->describe(out);
  std::erase_if(out, [phone](const call::LegView& leg) { return leg.peer != phone->name; });
  return out;
}

// The dialogs are shown as the call manager, which is the other end of each, holds them: the tags of a Replaces made
// of them find the leg here (RFC 3891 section 3).
std::string Watchers::dialogs(Watch& watch) const {
  sip::event::DialogInfo info{watch.version++, true, aor(watch.line), {}};
  for (const call::LegView& leg : legs(watch.line)) {
    const auto dialog = element_.agent().host().endpoint().view(leg.leg);
    if (!dialog) continue;
    DialogState state{.id = std::to_string(leg.leg.value), .state = dialog_state(dialog->state)};
    state.initiator = !leg.outgoing;
    state.call_id = dialog->call_id;
    state.local_tag = dialog->local_tag;
    state.remote_tag = dialog->remote_tag;
    state.local_identity = aor(watch.line);
    state.remote_identity = leg.outgoing ? dialog->local_uri : aor(leg.number);
    info.dialogs.push_back(std::move(state));
  }
  return sip::event::print(info);
}

std::string Watchers::bindings(Watch& watch) const {
  const std::string entity = aor(watch.line);
  sip::event::RegInfo info{watch.version++, true, entity, "line-" + watch.line, false, false, {}};
  for (const sip::Binding& binding : registrar_.lookup(entity, element_.now())) {
    sip::event::RegisteredContact contact;
    contact.id = std::to_string(binding.id.value);
    contact.uri = binding.contact;
    contact.expires = std::chrono::duration_cast<std::chrono::seconds>(binding.expires - element_.now());
    contact.call_id = binding.call_id;
    contact.cseq = binding.cseq;
    contact.instance = binding.instance;
    info.contacts.push_back(std::move(contact));
  }
  info.active = !info.contacts.empty();
  return sip::event::print(info);
}

// What the call manager knows by itself, and what the line's devices have published (RFC 3903).
std::string Watchers::presence(const std::string& line) const {
  sip::event::Presence out{.entity = aor(line)};
  sip::event::PresenceTuple own{.id = "line-" + line};
  own.open = !registrar_.lookup(aor(line), element_.now()).empty();
  if (own.open) own.contact = aor(line);
  if (!legs(line).empty()) own.note = "On the phone";
  out.tuples.push_back(std::move(own));
  for (const sip::event::Presence* published : publications_.of(line)) {
    for (const sip::event::PresenceTuple& tuple : published->tuples)
      out.tuples.push_back(tuple);
    if (out.note.empty()) out.note = published->note;
  }
  return sip::event::print(out);
}

}  // namespace ringwall::call_manager
