#include "sip/registrar/registrar.h"

#include <algorithm>

#include "base/text.h"

namespace ringwall::sip {
namespace {

bool same_contact(const Binding& a, const Binding& b) {
  if (!a.instance.empty() || !b.instance.empty()) return a.instance == b.instance && a.reg_id == b.reg_id;
  const auto left = parse_uri(a.contact);
  const auto right = parse_uri(b.contact);
  return left && right && equivalent(*left, *right);
}

bool supports(const Message& request, std::string_view tag) {
  for (std::string_view value : request.values(HeaderName::supported))
    if (equals_ignoring_case(value, tag)) return true;
  return false;
}

Registrar::Outcome refused(int status, std::string reason) {
  return {status, std::move(reason), {}, {}};
}

}  // namespace

Registrar::Outcome Registrar::process(const Message& request, const Flow& flow, std::string_view aor, Time now) {
  const auto contacts = request.values(HeaderName::contact);
  if (std::ranges::find(contacts, "*") != contacts.end()) {
    if (contacts.size() > 1 || request.expires() != 0U)
      return refused(400, "Contact: * needs Expires: 0 and no other Contact");
    return remove_all(request, aor);
  }
  if (contacts.size() > options_.bindings_per_aor) return refused(400, "Too many Contacts");
  std::vector<Wanted> wanted;
  for (std::string_view value : contacts) {
    auto one = read_contact(request, flow, value, now);
    if (!one) return refused(400, one.error().what);
    wanted.push_back(std::move(*one));
  }
  if (auto outcome = refuse(wanted, request, aor)) return std::move(*outcome);
  Outcome outcome;
  for (Wanted& one : wanted)
    apply(std::move(one), aor, outcome);
  list(request, aor, now, outcome);
  return outcome;
}

Result<Registrar::Wanted> Registrar::read_contact(const Message& request, const Flow& flow, std::string_view value,
                                                  Time now) const {
  TRY(const NameAddr contact, parse_name_addr(value));
  if (!contact.uri.is_sip() || contact.uri.host.empty()) return fail("Contact is no SIP URI");
  Wanted out;
  const auto parameter = find_parameter(contact.parameters, "expires");
  // A malformed value counts as 3600 (section 10.2.1.1).
  const auto asked = parameter ? parse_unsigned<std::uint32_t>(*parameter).value_or(3600) : request.expires();
  out.lifetime = asked ? std::min(std::chrono::seconds(*asked), options_.longest) : options_.longest;
  Binding& binding = out.binding;
  binding.contact = contact.uri.text;
  binding.instance = find_parameter(contact.parameters, "+sip.instance").value_or("");
  if (const auto reg_id = find_parameter(contact.parameters, "reg-id"); reg_id && !binding.instance.empty()) {
    const auto number = parse_unsigned<std::uint32_t>(*reg_id);
    if (!number || *number == 0) return fail("reg-id is no number from 1 on");
    binding.reg_id = *number;
  }
  for (std::string_view path : request.values(HeaderName::path))
    binding.path.emplace_back(path);
  binding.user_agent = request.header(HeaderName::user_agent);
  binding.call_id = request.call_id();
  binding.cseq = request.cseq().number;
  binding.flow = flow.id;
  binding.transport = flow.transport;
  binding.remote = flow.remote;
  binding.updated = now;
  binding.expires = now + out.lifetime;
  return out;
}

// Everything is checked before anything changes (section 10.3 step 7).
std::optional<Registrar::Outcome> Registrar::refuse(const std::vector<Wanted>& wanted, const Message& request,
                                                    std::string_view aor) const {
  const Bindings* known = find(aor);
  std::size_t added = 0;
  for (const Wanted& one : wanted) {
    if (one.lifetime.count() > 0 && one.lifetime < options_.shortest) {
      Outcome out = refused(423, {});
      out.headers.emplace_back("Min-Expires", std::to_string(options_.shortest.count()));
      return out;
    }
    const Binding* same = nullptr;
    if (known != nullptr) {
      const auto at = std::ranges::find_if(*known, [&](const Binding& b) { return same_contact(b, one.binding); });
      if (at != known->end()) same = &*at;
    }
    if (same != nullptr && same->call_id == request.call_id() && request.cseq().number <= same->cseq)
      return refused(500, "CSeq runs backwards");
    if (same == nullptr && one.lifetime.count() > 0) ++added;
  }
  if (added > 0 && known == nullptr && by_aor_.size() >= options_.aors) return refused(503, "Registrar is full");
  if (added + (known == nullptr ? 0 : known->size()) > options_.bindings_per_aor && added > 0)
    return refused(403, "Too many bindings for this address");
  return std::nullopt;
}

Registrar::Outcome Registrar::remove_all(const Message& request, std::string_view aor) {
  Outcome outcome;
  const Bindings* known = find(aor);
  if (known == nullptr) return outcome;
  std::vector<BindingId> ids;
  for (const Binding& one : *known) {
    if (one.call_id == request.call_id() && request.cseq().number <= one.cseq)
      return refused(500, "CSeq runs backwards");
    ids.push_back(one.id);
  }
  for (BindingId id : ids)
    outcome.changes.push_back(remove(id, "unregistered"));
  return outcome;
}

void Registrar::apply(Wanted wanted, std::string_view aor, Outcome& outcome) {
  Binding& fresh = wanted.binding;
  fresh.aor = aor;
  const auto at = by_aor_.find(aor);
  if (at != by_aor_.end()) {
    for (Binding& old : at->second) {
      if (!same_contact(old, fresh)) continue;
      if (wanted.lifetime.count() == 0) return outcome.changes.push_back(remove(old.id, "unregistered")), void();
      unindex(old);
      fresh.id = old.id;
      old = fresh;
      index(old);
      return outcome.changes.push_back({BindingChange::Kind::refreshed, old, {}}), void();
    }
  }
  if (wanted.lifetime.count() == 0) return;
  fresh.id = ids_.next();
  index(fresh);
  outcome.changes.push_back({BindingChange::Kind::added, fresh, {}});
  by_aor_[std::string(aor)].push_back(std::move(fresh));
}

// The 200 names every live binding (section 10.3 step 8) and, for an outbound registration, the extension (RFC 5626
// section 6).
void Registrar::list(const Message& request, std::string_view aor, Time now, Outcome& outcome) const {
  bool outbound = false;
  for (const Binding* one : lookup(aor, now)) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(one->expires - now).count();
    std::string value = fmt::format("<{}>;expires={}", one->contact, left);
    if (!one->instance.empty()) value += fmt::format(";+sip.instance=\"{}\"", one->instance);
    if (one->reg_id != 0) value += fmt::format(";reg-id={}", one->reg_id);
    outcome.headers.emplace_back("Contact", std::move(value));
    outbound = outbound || (one->reg_id != 0 && one->call_id == request.call_id());
  }
  if (outbound && supports(request, "outbound")) outcome.headers.emplace_back("Require", "outbound");
  if (supports(request, "path"))
    for (std::string_view path : request.values(HeaderName::path))
      outcome.headers.emplace_back("Path", path);
}

std::vector<const Binding*> Registrar::lookup(std::string_view aor, Time now) const {
  std::vector<const Binding*> out;
  const Bindings* known = find(aor);
  if (known == nullptr) return out;
  for (const Binding& one : *known)
    if (one.expires > now) out.push_back(&one);
  std::ranges::sort(out, [](const Binding* a, const Binding* b) {
    return std::pair(a->updated, a->id) > std::pair(b->updated, b->id);
  });
  return out;
}

std::vector<const Binding*> Registrar::all() const {
  std::vector<const Binding*> out;
  out.reserve(by_id_.size());
  for (const auto& [aor, bindings] : by_aor_)
    for (const Binding& one : bindings)
      out.push_back(&one);
  std::ranges::sort(out, [](const Binding* a, const Binding* b) { return a->id < b->id; });
  return out;
}

void Registrar::restore(Binding binding) {
  binding.id = ids_.next();
  binding.flow = {};
  index(binding);
  by_aor_[binding.aor].push_back(std::move(binding));
}

std::vector<BindingChange> Registrar::flow_closed(FlowId flow) {
  std::vector<BindingChange> out;
  const auto at = by_flow_.find(flow);
  if (at == by_flow_.end()) return out;
  for (BindingId id : std::set<BindingId>(at->second))
    out.push_back(remove(id, "connection closed"));
  return out;
}

std::vector<BindingChange> Registrar::expire(Time now) {
  std::vector<BindingChange> out;
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now)
    out.push_back(remove(BindingId(by_expiry_.begin()->second), "expired"));
  return out;
}

std::optional<Time> Registrar::next_timer() const {
  return by_expiry_.empty() ? std::nullopt : std::optional(by_expiry_.begin()->first);
}

const Registrar::Bindings* Registrar::find(std::string_view aor) const {
  const auto at = by_aor_.find(aor);
  return at == by_aor_.end() ? nullptr : &at->second;
}

void Registrar::index(const Binding& binding) {
  by_id_.insert_or_assign(binding.id, binding.aor);
  if (binding.flow) by_flow_[binding.flow].insert(binding.id);
  by_expiry_.emplace(binding.expires, binding.id);
}

void Registrar::unindex(const Binding& binding) {
  by_id_.erase(binding.id);
  by_expiry_.erase({binding.expires, binding.id});
  const auto at = by_flow_.find(binding.flow);
  if (at == by_flow_.end()) return;
  at->second.erase(binding.id);
  if (at->second.empty()) by_flow_.erase(at);
}

BindingChange Registrar::remove(BindingId id, std::string reason) {
  const auto aor = by_aor_.find(by_id_.at(id));
  const auto at = std::ranges::find(aor->second, id, &Binding::id);
  BindingChange out{BindingChange::Kind::removed, std::move(*at), std::move(reason)};
  aor->second.erase(at);
  if (aor->second.empty()) by_aor_.erase(aor);
  unindex(out.binding);
  return out;
}

}  // namespace ringwall::sip
