#include "sip/transport/locate.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "sip/transport/shares.h"
#include "sip/transport/via.h"

namespace ringwall::sip {
namespace {

constexpr std::chrono::seconds longest_ttl = std::chrono::hours(24);

/// Services of NAPTR records (RFC 3263 section 4.1, RFC 7118 section 9) and the SRV names of those that have one.
struct KnownService {
  Transport transport;
  std::string_view naptr;
  std::string_view srv;
};
constexpr std::array<KnownService, 5> known_services = {{
    {Transport::tls, "SIPS+D2T", "_sips._tcp."},
    {Transport::tcp, "SIP+D2T", "_sip._tcp."},
    {Transport::udp, "SIP+D2U", "_sip._udp."},
    {Transport::wss, "SIPS+D2W", ""},
    {Transport::ws, "SIP+D2W", ""},
}};

const KnownService& service_of(Transport transport) {
  return *std::ranges::find(known_services, transport, &KnownService::transport);
}

std::optional<Transport> parse_transport(std::string_view text) {
  for (const KnownService& service : known_services)
    if (equals_ignoring_case(text, print(service.transport))) return service.transport;
  return std::nullopt;
}

std::optional<NetAddress> read_address(const std::string& host) {
  const bool v6 = host.find(':') != std::string::npos;
  const auto read = parse_net_address(v6 ? "[" + host + "]" : host, 1);
  return read ? std::optional(*read) : std::nullopt;
}

}  // namespace

Result<Wanted> wanted_of(const Uri& uri, std::vector<Transport> transports) {
  if (!uri.is_sip())
    return fail(fmt::format("'{}' is no SIP URI: it cannot be looked up", uri.text), {}, "use sip: or sips:");
  Wanted out{.host = to_lower(uri.bare_host()), .port = uri.port, .transports = std::move(transports)};
  const bool sips = equals_ignoring_case(uri.scheme, "sips");
  if (sips) std::erase_if(out.transports, [](Transport transport) { return !is_secure(transport); });
  if (const auto named = uri.parameter("transport")) {
    out.transport = parse_transport(*named);
    // A sips: URI with transport=tcp means TLS over TCP (RFC 3261 section 26.2.2, RFC 5630 section 3.1.2).
    if (sips && out.transport == Transport::tcp) out.transport = Transport::tls;
    if (sips && out.transport == Transport::ws) out.transport = Transport::wss;
    if (!out.transport || std::ranges::find(out.transports, *out.transport) == out.transports.end())
      return fail(fmt::format("'{}' asks for a transport that is not permitted here", uri.text), {},
                  "clear transports need a waiver; leave the parameter out for TLS");
  }
  if (out.transports.empty()) return fail(fmt::format("'{}' needs TLS, which is not permitted here", uri.text));
  return out;
}

std::vector<Spot> order(const Located& located, const std::function<std::uint64_t()>& random) {
  std::vector<Spot> out;
  for (auto begin = located.hosts.begin(); begin != located.hosts.end();) {
    const auto end =
        std::find_if(begin, located.hosts.end(), [&](const auto& host) { return host.rank != begin->rank; });
    std::vector<Share> shares;
    for (auto at = begin; at != end; ++at)
      shares.push_back({at->priority, at->weight});
    for (const std::size_t index : order_by_share(shares, random)) {
      const Located::Host& host = *(begin + static_cast<std::ptrdiff_t>(index));
      for (const std::string& address : host.addresses) {
        if (out.size() == limits::locate_targets) return out;
        Spot spot{host.transport, {address, host.port}};
        if (std::ranges::find(out, spot) == out.end()) out.push_back(std::move(spot));
      }
    }
    begin = end;
  }
  return out;
}

Locate::Locate(Wanted wanted) : wanted_(std::move(wanted)) {
  located_.name = wanted_.host;
  located_.secure = true;
  located_.ttl = longest_ttl;
  begin();
}

bool Locate::may_use(Transport transport) const {
  if (wanted_.transport) return *wanted_.transport == transport;
  return std::ranges::find(wanted_.transports, transport) != wanted_.transports.end();
}

// Where to begin (section 4.1): an address needs no DNS, a port rules SRV out, a transport rules NAPTR out.
void Locate::begin() {
  if (const auto address = read_address(wanted_.host)) return numeric(address->ip);
  if (wanted_.port != 0) return ask_addresses();
  if (wanted_.transport) {
    services_ = {{*wanted_.transport, std::string(service_of(*wanted_.transport).srv) + wanted_.host}};
    return ask_services();
  }
  stage_ = Stage::naptr;
  ask(wanted_.host, RecordType::naptr);
}

void Locate::numeric(std::string ip) {
  const IpFamily family = ip.find(':') == std::string::npos ? IpFamily::v4 : IpFamily::v6;
  if (std::ranges::find(wanted_.families, family) == wanted_.families.end())
    return fail_with("our own address is of the other IP version");
  const Transport transport = wanted_.transport.value_or(wanted_.transports.front());
  located_.hosts.push_back({.transport = transport,
                            .port = wanted_.port != 0 ? wanted_.port : default_port(transport),
                            .name = wanted_.host,
                            .addresses = {std::move(ip)}});
  result_ = located_;
}

void Locate::ask(std::string name, RecordType type) {
  if (const auto [known, fresh] = questions_.try_emplace({std::move(name), type}); fresh) {
    unasked_.push_back(known->first);
    ++waiting_;
  }
}

std::optional<DnsQuestion> Locate::poll() {
  if (unasked_.empty()) return std::nullopt;
  DnsQuestion out = std::move(unasked_.back());
  unasked_.pop_back();
  return out;
}

void Locate::answer(const DnsQuestion& question, const DnsAnswer& given) {
  const auto asked = questions_.find(question);
  if (result_ || asked == questions_.end() || asked->second) return;
  asked->second = given;
  --waiting_;
  located_.secure = located_.secure && given.secure;
  located_.ttl = std::min(located_.ttl, given.ttl);
  if (!given.trouble.empty() && trouble_.empty())
    trouble_ = fmt::format("{} {}: {}", print(question.type), question.name, given.trouble);
  // Somebody tampers with the way to the servers: whatever else the name has is not to be believed either.
  if (given.bogus) return fail_with(trouble_.empty() ? "DNSSEC validation failed" : std::string(trouble_));
  if (waiting_ != 0) return;
  if (stage_ == Stage::naptr)
    take_pointers(given);
  else if (stage_ == Stage::srv)
    take_services();
  else
    finish();
}

// The records that lead to an SRV name by a transport that we may use, in their order (RFC 3403 section 4.1).
void Locate::take_pointers(const DnsAnswer& given) {
  std::vector<NaptrRecord> pointers = given.pointers;
  std::ranges::sort(pointers, {},
                    [](const NaptrRecord& pointer) { return std::pair(pointer.order, pointer.preference); });
  for (const NaptrRecord& pointer : pointers) {
    if (!equals_ignoring_case(pointer.flags, "s") || !pointer.regexp.empty() || pointer.replacement.empty()) continue;
    for (const KnownService& known : known_services)
      if (equals_ignoring_case(pointer.service, known.naptr) && may_use(known.transport))
        services_.push_back({known.transport, pointer.replacement});
  }
  if (services_.empty())
    for (const Transport transport : wanted_.transports)
      if (!service_of(transport).srv.empty())
        services_.push_back({transport, std::string(service_of(transport).srv) + wanted_.host});
  ask_services();
}

void Locate::ask_services() {
  stage_ = Stage::srv;
  std::erase_if(services_, [this](const Service& service) { return service.name == wanted_.host; });
  if (services_.size() > limits::locate_targets) services_.resize(limits::locate_targets);
  if (services_.empty()) return ask_addresses();  // of a transport without SRV names (RFC 7118 section 6)
  for (const Service& service : services_)
    ask(service.name, RecordType::srv);
}

void Locate::take_services() {
  bool any = false;
  for (unsigned rank = 0; rank < services_.size(); ++rank) {
    const auto& given = questions_[{services_[rank].name, RecordType::srv}];
    for (const SrvRecord& record : given->services) {
      any = true;
      if (!record.target.empty()) add_host(services_[rank].transport, rank, record);
    }
  }
  if (!any) return ask_addresses();
  if (located_.hosts.empty()) return fail_with("its SRV records say that it offers no SIP (RFC 2782)");
  std::ranges::sort(located_.hosts, {}, [](const auto& host) { return std::pair(host.rank, host.priority); });
  if (located_.hosts.size() > limits::locate_targets) located_.hosts.resize(limits::locate_targets);
  ask_addresses();
}

void Locate::add_host(Transport transport, unsigned rank, const SrvRecord& record) {
  located_.hosts.push_back({.transport = transport,
                            .rank = rank,
                            .priority = record.priority,
                            .weight = record.weight,
                            .port = record.port,
                            .name = record.target});
}

void Locate::ask_addresses() {
  stage_ = Stage::addresses;
  if (located_.hosts.empty()) {
    const Transport transport = wanted_.transport.value_or(wanted_.transports.front());
    located_.hosts.push_back({.transport = transport,
                              .port = wanted_.port != 0 ? wanted_.port : default_port(transport),
                              .name = wanted_.host});
  }
  for (const Located::Host& host : located_.hosts) {
    if (read_address(host.name)) continue;  // an SRV target must be a name; an address there is not asked for
    for (const IpFamily family : wanted_.families)
      ask(host.name, family == IpFamily::v4 ? RecordType::a : RecordType::aaaa);
  }
  if (waiting_ == 0) finish();
}

void Locate::finish() {
  for (Located::Host& host : located_.hosts)
    for (const IpFamily family : wanted_.families) {
      const auto& given = questions_[{host.name, family == IpFamily::v4 ? RecordType::a : RecordType::aaaa}];
      if (given) host.addresses.insert(host.addresses.end(), given->addresses.begin(), given->addresses.end());
    }
  std::erase_if(located_.hosts, [](const Located::Host& host) { return host.addresses.empty() || host.port == 0; });
  if (located_.hosts.empty()) return fail_with(trouble_.empty() ? "there is no address for it" : std::string(trouble_));
  result_ = located_;
}

void Locate::fail_with(std::string why) {
  unasked_.clear();
  result_ = fail(fmt::format("'{}' cannot be located: {}", wanted_.host, why), {},
                 "check the name, its DNS records and [sip] name_servers");
}

}  // namespace ringwall::sip
