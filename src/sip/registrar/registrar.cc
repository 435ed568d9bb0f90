#include "sip/registrar/registrar.h"

#include <algorithm>

#include "base/text.h"
#include "sip/message/parameters.h"
#include "sip/transport/by_address.h"

namespace ringwall::sip {
namespace {

constexpr std::size_t longest_text = 4'096;      // of a Contact, an instance, a Call-ID, a Path
constexpr std::size_t longest_user_agent = 128;  // for people; the rest is cut

/// Whether two bindings of one address-of-record are the same: by instance and reg-id where there is one (RFC 5626
/// section 6), else by their URIs (RFC 3261 section 10.3 step 7).
bool same_contact(const Binding& a, const Binding& b) {
  if (!a.instance.empty() || !b.instance.empty()) return a.instance == b.instance && a.reg_id == b.reg_id;
  if (a.contact == b.contact) return true;
  const auto left = parse_uri(a.contact);
  const auto right = parse_uri(b.contact);
  return left && right && equivalent(*left, *right);
}

bool supports(const Message& request, std::string_view tag) {
  for (std::string_view value : request.values(HeaderName::supported))
    if (equals_ignoring_case(value, tag)) return true;
  return false;
}

/// Whether the hop next to the device keeps its flow: the device itself is it, or that proxy says so in its Path, the
/// last value (RFC 5626 section 5.1).
bool first_hop_keeps_flow(const Message& request, const std::vector<std::string_view>& path) {
  if (request.values(HeaderName::via).size() <= 1) return true;
  const auto first = path.empty() ? Result<NameAddr>(fail("")) : parse_name_addr(path.back());
  return first && first->uri.parameter("ob");
}

Registrar::Outcome refused(int status, std::string reason) {
  return {status, std::move(reason), {}, {}};
}

std::vector<Binding>& in_order(std::vector<Binding>& bindings) {
  std::ranges::sort(bindings, [](const Binding& a, const Binding& b) {
    return std::tuple(a.q, a.updated, a.id) > std::tuple(b.q, b.updated, b.id);
  });
  return bindings;
}

}  // namespace

/// What all Contacts of one request share.
struct Registrar::Common {
  const Message& request;
  const Flow& flow;
  std::string_view aor;
  Time now;
  std::string path;  ///< as a Route header holds it
  bool outbound = false, gruu = false, supports_path = false;
};

Registrar::Outcome Registrar::process(const Message& request, const Flow& flow, std::string_view aor, Time now) {
  const auto contacts = request.values(HeaderName::contact);
  if (std::ranges::find(contacts, "*") != contacts.end()) {
    if (contacts.size() > 1 || request.expires() != 0U)
      return refused(400, "Contact: * needs Expires: 0 and no other Contact");
    return remove_all(request, aor);
  }
  if (contacts.size() > options_.bindings_per_aor) return refused(400, "Too many Contacts");
  const auto path = request.values(HeaderName::path);
  if (path.size() > limits::sip_route_set) return refused(400, "Too many Path values");
  Common common{request, flow, aor, now, fmt::format("{}", fmt::join(path, ", "))};
  if (common.path.size() > longest_text || request.call_id().size() > longest_text)
    return refused(400, "Path or Call-ID is too long");
  common.outbound = supports(request, "outbound");
  common.gruu = options_.gruus.has_value() && supports(request, "gruu");
  common.supports_path = supports(request, "path");
  std::vector<Wanted> wanted;
  wanted.reserve(contacts.size());
  for (std::string_view value : contacts) {
    auto one = read_contact(common, value);
    if (!one) return refused(400, one.error().what);
    if (one->binding.reg_id != 0 && !first_hop_keeps_flow(request, path))
      return refused(439, "First Hop Lacks Outbound Support");
    for (const Wanted& other : wanted)
      if (same_contact(other.binding, one->binding)) return refused(400, "Two Contacts are the same");
    one->same = find(one->binding);
    wanted.push_back(*one);
  }
  if (auto outcome = refuse(wanted, request, aor)) return std::move(*outcome);
  Outcome outcome;
  for (const Wanted& one : wanted)
    apply(one, outcome);
  list(common, aor, outcome);
  return outcome;
}

Result<Registrar::Wanted> Registrar::read_contact(const Common& common, std::string_view value) const {
  TRY(const NameAddr contact, parse_name_addr(value));
  if (!contact.uri.is_sip() || contact.uri.host.empty()) return fail("Contact is no SIP URI");
  if (value.size() > longest_text) return fail("Contact is too long");
  Wanted out;
  const auto parameter = find_parameter(contact.parameters, "expires");
  // A malformed value counts as 3600 (section 10.2.1.1).
  const auto asked = parameter ? parse_unsigned<std::uint32_t>(*parameter).value_or(3600) : common.request.expires();
  out.lifetime = asked ? std::min(std::chrono::seconds(*asked), options_.longest) : options_.longest;
  Binding& binding = out.binding;
  binding.aor = common.aor;
  binding.contact = contact.uri.text;
  binding.instance = find_parameter(contact.parameters, "+sip.instance").value_or("");
  const auto reg_id = find_parameter(contact.parameters, "reg-id");
  if (reg_id && !binding.instance.empty() && common.outbound) {  // else it is ignored (RFC 5626 section 6)
    const auto number = parse_unsigned<std::uint32_t>(*reg_id);
    if (!number || *number == 0) return fail("reg-id is no number from 1 on");
    binding.reg_id = *number;
  }
  if (const auto q = find_parameter(contact.parameters, "q")) {
    const auto thousandths = parse_q(*q);
    if (!thousandths) return fail("q is no number from 0 to 1");
    binding.q = *thousandths;
  }
  binding.path = common.path;
  binding.user_agent = common.request.header(HeaderName::user_agent).substr(0, longest_user_agent);
  binding.call_id = common.request.call_id();
  binding.cseq = common.request.cseq().number;
  binding.flow = common.flow.id;
  binding.transport = common.flow.transport;
  binding.by_address = asks_by_address(common.flow, common.request);
  binding.remote_ip = common.flow.remote.ip;
  binding.remote_port = common.flow.remote.port;
  binding.updated = common.now;
  binding.expires = common.now + out.lifetime;
  return out;
}

BindingTable::Number Registrar::find(const Binding& wanted) const {
  BindingTable::Number number = table_.first_of(wanted.aor);
  while (number != BindingTable::none && !same_contact(table_.at(number), wanted))
    number = table_.next_of_aor(number);
  return number;
}

// Everything is checked before anything changes (section 10.3 step 7).
std::optional<Registrar::Outcome> Registrar::refuse(const std::vector<Wanted>& wanted, const Message& request,
                                                    std::string_view aor) const {
  std::size_t added = 0, known = 0;
  for (const Wanted& one : wanted) {
    if (one.lifetime.count() > 0 && one.lifetime < options_.shortest) {
      Outcome out = refused(423, {});
      out.headers.emplace_back("Min-Expires", std::to_string(options_.shortest.count()));
      return out;
    }
    if (one.same == BindingTable::none) {
      if (one.lifetime.count() > 0) ++added;
    } else if (const Binding old = table_.at(one.same);
               old.call_id == request.call_id() && request.cseq().number <= old.cseq) {
      return refused(500, "CSeq runs backwards");
    }
  }
  if (added == 0) return std::nullopt;
  for (auto number = table_.first_of(aor); number != BindingTable::none; number = table_.next_of_aor(number))
    ++known;
  if (known == 0 && table_.aors() >= options_.aors) return refused(503, "Registrar is full");
  if (added + known > options_.bindings_per_aor) return refused(403, "Too many bindings for this address");
  return std::nullopt;
}

Registrar::Outcome Registrar::remove_all(const Message& request, std::string_view aor) {
  Outcome outcome;
  std::vector<BindingTable::Number> numbers;
  for (auto number = table_.first_of(aor); number != BindingTable::none; number = table_.next_of_aor(number)) {
    const Binding one = table_.at(number);
    if (one.call_id == request.call_id() && request.cseq().number <= one.cseq)
      return refused(500, "CSeq runs backwards");
    numbers.push_back(number);
  }
  for (const auto number : numbers)
    outcome.changes.push_back(table_.remove(number, "unregistered"));
  return outcome;
}

void Registrar::apply(const Wanted& wanted, Outcome& outcome) {
  const bool known = wanted.same != BindingTable::none;
  if (wanted.lifetime.count() == 0) {
    if (known) outcome.changes.push_back(table_.remove(wanted.same, "unregistered"));
    return;
  }
  BindingTable::Number number = wanted.same;
  if (known)
    table_.update(number, wanted.binding);
  else
    number = table_.add(wanted.binding);
  outcome.changes.push_back(
      {known ? BindingChange::Kind::refreshed : BindingChange::Kind::added, table_.at(number), {}, nullptr});
}

std::string Registrar::print_contact(const Binding& binding, bool gruu, Time now) const {
  const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now).count();
  std::string out = fmt::format("<{}>;expires={}", binding.contact, left);
  if (binding.q != 1000) out += fmt::format(";q=0.{:03}", binding.q);
  if (binding.instance.empty()) return out;
  out += fmt::format(";+sip.instance=\"{}\"", binding.instance);
  if (binding.reg_id != 0) out += fmt::format(";reg-id={}", binding.reg_id);
  if (gruu)
    out += fmt::format(";pub-gruu=\"{}\";temp-gruu=\"{}\"", public_gruu(binding.aor, binding.instance),
                       options_.gruus->mint(find(binding), binding));
  return out;
}

// The 200 names every live binding (section 10.3 step 8) and what the extensions ask for: RFC 3327 section 5.3, RFC
// 3608 section 6.3, RFC 5626 section 6, RFC 5627 section 5.2.
void Registrar::list(const Common& common, std::string_view aor, Outcome& outcome) const {
  bool outbound = false;
  for (const Binding& one : lookup(aor, common.now)) {
    outcome.headers.emplace_back("Contact", print_contact(one, common.gruu, common.now));
    outbound = outbound || (one.reg_id != 0 && one.call_id == common.request.call_id());
  }
  if (outbound && common.outbound) {
    outcome.headers.emplace_back("Require", "outbound");
    if (options_.flow_timer.count() > 0)
      outcome.headers.emplace_back("Flow-Timer", std::to_string(options_.flow_timer.count()));
  }
  if (common.supports_path && !common.path.empty()) outcome.headers.emplace_back("Path", common.path);
  if (!options_.service_route.empty()) outcome.headers.emplace_back("Service-Route", options_.service_route);
}

std::vector<Binding> Registrar::lookup(std::string_view aor, Time now) const {
  std::vector<Binding> out;
  for (auto number = table_.first_of(aor); number != BindingTable::none; number = table_.next_of_aor(number))
    if (Binding one = table_.at(number); one.expires > now) out.push_back(one);
  return std::move(in_order(out));
}

std::optional<std::vector<Binding>> Registrar::resolve_gruu(const Uri& uri, std::string_view aor, Time now) const {
  const auto gr = uri.parameter("gr");
  if (!gr || !options_.gruus) return std::nullopt;
  std::string name(aor), instance = instance_of_gruu(*gr);
  if (gr->empty()) {
    const auto named = options_.gruus->read(uri.user);
    if (!named || !table_.has(named->number)) return std::vector<Binding>();
    const Binding one = table_.at(named->number);
    if (one.id != named->id || TemporaryGruus::call_of(one) != named->call) return std::vector<Binding>();
    name = one.aor;
    instance = one.instance;
  }
  auto out = lookup(name, now);
  std::erase_if(out, [&](const Binding& one) { return one.instance != instance; });
  return out;
}

std::vector<Binding> Registrar::all() const {
  std::vector<Binding> out;
  out.reserve(table_.size());
  for (const auto number : table_.all())
    out.push_back(table_.at(number));
  return out;
}

void Registrar::restore(Binding binding) {
  binding.flow = {};
  table_.add(binding);
}

std::vector<BindingChange> Registrar::flow_closed(FlowId flow) {
  std::vector<BindingChange> out;
  for (auto number = table_.first_of(flow); number != BindingTable::none; number = table_.first_of(flow))
    out.push_back(table_.remove(number, "connection closed"));
  return out;
}

std::vector<BindingChange> Registrar::expire(Time now) {
  std::vector<BindingChange> out;
  for (auto next = next_timer(); next && *next <= now; next = next_timer())
    out.push_back(table_.remove(table_.next_to_expire(), "expired"));
  return out;
}

std::optional<Time> Registrar::next_timer() const {
  const auto number = table_.next_to_expire();
  return number == BindingTable::none ? std::nullopt : std::optional(table_.at(number).expires);
}

}  // namespace ringwall::sip
