#include "sip/endpoint/core.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "sip/transport/via.h"

namespace ringwall::sip {
namespace {

bool is_ip_literal(std::string_view host) {
  return !host.empty() &&
         (host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace

Time Leg::next_timer() const {
  Time out = provisional_again;
  if (answer) out = std::min(out, answer->next_timer());
  if (own.state == OwnReinvite::State::waiting && own.not_before != Time{}) out = std::min(out, own.not_before);
  if (reliable && reliable->waiting) out = std::min(out, reliable->waiting->next_timer());
  out = std::min({out, clock.refresh_at, clock.end_at});
  return out;
}

Endpoint::Core::Core(EndpointOptions given)
    : options(std::move(given)), key{options.random(), options.random()}, servers(key) {
  CHECK(options.t1 > Duration::zero() && options.t2 >= options.t1);
  // What the endpoint does by itself, whatever the application takes.
  const auto add = [](std::string& list, std::string_view item) {
    list += (list.empty() ? "" : ", ") + std::string(item);
  };
  add(options.supported, "timer");
  if (options.reliability != Reliability::never) {
    add(options.supported, "100rel");
    if (options.allow.find("PRACK") == std::string::npos) add(options.allow, "PRACK");
  }
  for (const std::string_view one : split(options.allow, ','))
    if (const Method method = parse_method(trim(one)); method != Method::other)
      allowed.at(static_cast<std::size_t>(method)) = true;
  server_text = "Ringwall " + options.name;
  marker = fmt::format("z9hG4bK{:08x}-", options.random() & 0xffffffff);
}

Leg* Endpoint::Core::leg(LegId id) {
  auto* found = legs.find(id.value, [id](const auto& one) { return one->id == id; });
  return found == nullptr ? nullptr : found->get();
}

const Leg* Endpoint::Core::find_leg(LegId id) const {
  const auto* found = legs.find(id.value, [id](const auto& one) { return one->id == id; });
  return found == nullptr ? nullptr : found->get();
}

Leg* Endpoint::Core::find_leg(std::string_view local_tag) const {
  Leg* const* found = legs_by_tag.find(std::hash<std::string_view>{}(local_tag),
                                       [&](const Leg* one) { return one->dialog.local_tag() == local_tag; });
  return found == nullptr ? nullptr : *found;
}

Leg* Endpoint::Core::find_leg(const Message& request) {
  Leg* known = find_leg(request.to().tag);
  if (known == nullptr) return nullptr;
  Leg& found = *known;
  if (!found.forks.empty()) (void)select_fork(found, request.from().tag);
  const Dialog& dialog = found.dialog;
  const bool ours = found.outgoing;  // a called side knows its dialog before its first response
  return (dialog.state() != Dialog::State::none || !ours) && dialog.matches(request) ? &found : nullptr;
}

Leg& Endpoint::Core::add_leg(bool outgoing, Dialog dialog) {
  const LegId id{++last_id};
  auto made = std::make_unique<Leg>(id, outgoing);
  made->dialog = std::move(dialog);
  Leg& out = *made;
  CHECK(find_leg(out.dialog.local_tag()) == nullptr);
  legs_by_tag.insert(std::hash<std::string_view>{}(out.dialog.local_tag()), &out);
  legs.insert(id.value, std::move(made));
  return out;
}

void Endpoint::Core::erase(Leg& leg) {
  leave_leg(leg);
  const auto is_it = [&leg](const auto& one) { return &*one == &leg; };
  legs_by_tag.erase(std::hash<std::string_view>{}(leg.dialog.local_tag()), is_it);
  legs.erase(leg.id.value, is_it);
}

namespace {

std::vector<std::string> identities(const Flow& flow) {
  return flow.tls().peer_names.empty() ? std::vector{flow.remote.ip} : flow.tls().peer_names;
}

}  // namespace

// Tags are no secret to those the call has passed: a request in a dialog must also come from whom the dialog is with.
bool Endpoint::Core::is_same_peer(const DialogPath& path, const Flow& flow) {
  if (path.proven.empty() || path.member.flow() == flow.id) return true;
  const auto shown = identities(flow);
  return std::ranges::any_of(
      shown, [&](const std::string& name) { return std::ranges::find(path.proven, name) != path.proven.end(); });
}

void Endpoint::Core::bind(DialogPath& path, const Flow& flow) {
  if (path.member.flow()) return;  // the dialog's flow lives
  if (path.outgoing && path.route.transport != flow.transport) return;
  path.remote = flow.remote;
  if (path.proven.empty()) path.proven = identities(flow);
  if (!path.outgoing) {
    path.route.transport = flow.transport;
    path.route.address = flow.remote;
    if (!flow.peer.empty()) path.route.peer = flow.peer;
    path.address_listens = flow.outgoing || flow.transport == Transport::udp;
  }
  path.route.flow = flow.id;
  flows.join(path.member, flow.id);
}

// The next request opens a new connection. One that came in tells nothing about the port its peer listens on: that is
// in the route set or the Contact; where those hold a name, the address that the peer had stands for it.
void Endpoint::Core::lose_flow(DialogPath& path) {
  path.member.leave();
  path.route.flow = {};
  if (path.address_listens) return;
  const auto hop = parse_uri(path.dialog.next_hop());
  const bool known = hop && hop->is_sip();
  path.route.address.ip = known && is_ip_literal(hop->bare_host()) ? std::string(hop->bare_host()) : path.remote.ip;
  path.route.address.port = known && hop->port != 0 ? hop->port : default_port(path.route.transport);
}

void Endpoint::Core::send(std::uint64_t owner, const Route& route, std::string bytes) {
  transmits.push_back({TransmitId{owner << 8 | last_transmit++}, route, std::move(bytes)});
}

Timing Endpoint::Core::timing(Transport transport) const {
  return {options.t1, options.t2, options.t4, transport != Transport::udp};
}

bool Endpoint::Core::full() const {
  return transactions() >= limits::sip_transactions || legs.size() >= limits::sip_legs;
}

}  // namespace ringwall::sip
