#include "call_manager/call_manager.h"

#include <set>

#include "base/log.h"
#include "base/text.h"
#include "call_manager/line_call.h"
#include "crypto/random.h"
#include "crypto/sealed.h"
#include "policy/dial_plan.h"

namespace ringwall::call_manager {
namespace {

/// How often the flow of an outbound registration shows that it lives (RFC 5626 section 4.4.1).
constexpr std::chrono::seconds keep_alive{120};

/// The line of an address-of-record: "sip:1001@ringwall.test" is "1001".
std::string line_of(std::string_view aor) {
  const auto uri = sip::parse_uri(aor);
  return uri ? call::user_or_uri(*uri) : std::string(aor);
}

}  // namespace

CallManager::CallManager(call::ElementContext context, std::string name, store::StoreThread& store)
    : Element(std::move(context), std::move(name)),
      store_(store),
      digest_(site()),
      registrar_({.flow_timer = keep_alive,
                  .gruus = sip::TemporaryGruus(crypto::random_key(crypto::seal_key_size),
                                               [] { return crypto::random_u64(); })}),
      registrations_(this->context().loop, store),
      publications_([] { return crypto::random_u64(); }),
      watchers_(*this, registrar_, publications_),
      messages_(*this, registrar_) {}

void CallManager::restore(const std::vector<store::Binding>& bindings) {
  const WallTime wall = wall_now();
  for (const auto& binding : bindings) {
    if (binding.expires <= wall) continue;
    sip::Binding restored;
    restored.aor = binding.address_of_record;
    restored.contact = binding.contact;
    restored.instance = binding.instance;
    restored.reg_id = binding.reg_id;
    restored.call_id = binding.call_id;
    restored.cseq = binding.cseq;
    restored.user_agent = binding.user_agent;
    restored.path = binding.path;
    const auto remote = parse_net_address(binding.remote).value_or(NetAddress{});
    restored.remote_ip = remote.ip;
    restored.remote_port = remote.port;
    restored.updated = now();
    restored.expires = now() + (binding.expires - wall);
    registrar_.restore(restored);
  }
  store_.submit([wall](store::Database& database) -> Result<> {
    TRY_VOID(store::Registrations(database).remove_expired(wall));
    return {};
  });
  arm_timer();
}

store::Binding CallManager::stored(const sip::Binding& binding) const {
  const auto* phone = site().phone_of_line(line_of(binding.aor));
  store::Binding out;
  out.address_of_record = binding.aor;
  out.contact = binding.contact;
  out.instance = binding.instance;
  out.reg_id = binding.reg_id;
  out.call_id = binding.call_id;
  out.cseq = binding.cseq;
  out.expires = wall_now() + std::chrono::duration_cast<std::chrono::seconds>(binding.expires - now());
  out.path = binding.path;
  out.peer = phone ? phone->name : "";
  out.remote = binding.remote_port ? binding.remote().text() : "";
  out.transport = sip::print(binding.transport);
  out.user_agent = binding.user_agent;
  return out;
}

std::vector<store::Binding> CallManager::bindings() const {
  std::vector<store::Binding> out;
  for (const sip::Binding& binding : registrar_.all())
    out.push_back(stored(binding));
  return out;
}

Result<> CallManager::reload() {
  TRY_VOID(Element::reload());
  digest_.configure(site());
  return {};
}

std::expected<policy::Admitted, call::Objection> CallManager::prove(const sip::Flow& flow,
                                                                    const sip::Message& request) {
  const auto phone = digest_.prove(site(), request, now());
  if (!phone) return std::unexpected(phone.error());
  auto admitted = policy::admit_proven(site(), **phone, call::presented_by(flow));
  if (!admitted) return std::unexpected(call::Objection{.refusal = std::move(admitted.error())});
  return std::move(*admitted);
}

void CallManager::on_request(const sip::IncomingRequest& request, const policy::Admitted& peer) {
  switch (request.message->method()) {
    case sip::Method::register_:
      return on_register(request, peer);
    case sip::Method::publish:
      return on_publish(request, peer);
    case sip::Method::refer:
      return on_refer(request, peer);
    case sip::Method::message:
      return messages_.relay(request, peer);
    default:
      return Element::on_request(request, peer);
  }
}

void CallManager::on_register(const sip::IncomingRequest& request, const policy::Admitted& peer) {
  const auto* phone = peer.kind == policy::PeerKind::phone ? site().phone(peer.name) : nullptr;
  const std::string line = call::user_or_uri(request.message->to().uri);
  if (!phone || phone->line != line) {
    agent().refuse(request, {.status = 403,
                             .warning = "this certificate may not register this line",
                             .reason = fmt::format("{} may not register line {}", peer.name, line),
                             .mend = phone ? "its line is " + phone->line + "; change [[phone]] or the phone's account"
                                           : "add a [[phone]] for it"});
    return;
  }
  const std::string aor = fmt::format("sip:{}@{}", line, site().domain);
  auto outcome = registrar_.process(*request.message, request.flow, aor, now());
  apply(outcome.changes);
  agent().endpoint().respond(
      request.id, {.status = outcome.status, .reason = outcome.reason, .headers = std::move(outcome.headers)}, now());
  arm_timer();
}

void CallManager::apply(const std::vector<sip::BindingChange>& changes) {
  for (const auto& change : changes) {
    const bool removed = change.kind == sip::BindingChange::Kind::removed;
    if (change.kind != sip::BindingChange::Kind::refreshed)
      log::info(name(), "{} {} at {}{}", removed ? "gone:" : "registered:", change.binding.aor,
                change.binding.remote().text(), change.reason.empty() ? "" : fmt::format(" ({})", change.reason));
    if (change.kind != sip::BindingChange::Kind::refreshed)
      watchers_.registration_changed(line_of(std::string(change.binding.aor)));
    registrations_.changed(change.binding.id, stored(change.binding), removed);
  }
}

void CallManager::lost(sip::FlowId flow) {
  apply(registrar_.flow_closed(flow));
}

void CallManager::arm_timer() {
  const auto next = registrar_.next_timer();
  if (!next) return timer_.cancel();
  timer_ = context().loop.after(std::max(*next - now(), Duration::zero()), [this] {
    apply(registrar_.expire(now()));
    arm_timer();
  });
}

// Those of them whose flow is there; of several flows to one device the best one (RFC 5626 section 5.3).
std::optional<LineTarget> CallManager::reach(const std::vector<sip::Binding>& bindings) const {
  std::optional<LineTarget> out;
  std::set<std::string_view> instances;
  for (const sip::Binding& binding : bindings) {
    const auto* phone = site().phone_of_line(line_of(binding.aor));
    if (!binding.flow || !phone) continue;  // from before a restart: the phone has yet to come back
    if (!binding.instance.empty() && !instances.insert(binding.instance).second) continue;
    const sip::Route route{.flow = binding.flow,
                           .transport = binding.transport,
                           .address = binding.remote(),
                           .peer = phone->name,
                           .by_address = binding.by_address};
    if (!out) {
      out = LineTarget{.peer = phone->name, .number = phone->line, .request_uri = std::string(binding.contact)};
      out->path = binding.path;
      out->route = route;
    }
    out->devices.push_back({phone->name, std::string(binding.contact), route, std::string(binding.path), binding.q});
  }
  if (out && out->devices.size() == 1) out->devices.clear();
  return out;
}

std::optional<std::expected<LineTarget, policy::Refusal>> CallManager::find_device(const sip::Uri& uri) const {
  const auto bindings =
      registrar_.resolve_gruu(uri, fmt::format("sip:{}@{}", call::user_or_uri(uri), site().domain), now());
  if (!bindings || !equals_ignoring_case(uri.host, site().domain)) return std::nullopt;
  if (auto out = reach(*bindings)) return std::move(*out);
  return std::unexpected(policy::Refusal{.status = 480,
                                         .warning = "this device is not registered",
                                         .reason = "a GRUU that leads to no registered device",
                                         .mend = "see 'ringwall show registrations'"});
}

std::expected<LineTarget, policy::Refusal> CallManager::find_target(const std::string& number,
                                                                    const std::string& caller) {
  if (const auto* phone = site().phone_of_line(number)) {
    if (auto out = reach(registrar_.lookup(fmt::format("sip:{}@{}", phone->line, site().domain), now()))) return *out;
    return std::unexpected(policy::Refusal{.status = 480,
                                           .warning = "line " + number + " has no registered phone",
                                           .mend = "see 'ringwall show registrations'"});
  }
  const auto* dial_peer = policy::find_dial_peer(site(), name(), number);
  if (!dial_peer || dial_peer->target == caller)
    return std::unexpected(
        policy::Refusal{.status = 404,
                        .warning = "there is no line or dial peer for " + number,
                        .mend = "add a [[phone]] with this line, or a [[dial_peer]] of the call manager"});
  LineTarget out{.peer = dial_peer->target, .number = number};
  out.tries = ways_out().tries(dial_peer->target);
  return out;
}

void CallManager::on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) {
  if (invite.replaces) return take_over(invite, peer);
  const sip::Uri& uri = invite.message->request_uri();
  auto device = find_device(uri);
  auto target = device ? std::move(*device) : find_target(call::user_or_uri(uri), peer.name);
  if (!target) return agent().refuse(invite, target.error());
  LineCall::start(*this, invite, peer, std::move(*target));
}

}  // namespace ringwall::call_manager
