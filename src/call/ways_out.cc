#include "call/ways_out.h"

#include <algorithm>
#include <filesystem>

#include "crypto/random.h"

namespace ringwall::call {
namespace {

bool is_name(const std::string& host) {
  return !parse_net_address(host.find(':') == std::string::npos ? host : "[" + host + "]", 1);
}

/// A trunk as a group: its targets in their order.
policy::ServerGroup group_of(const policy::Trunk& trunk) {
  policy::ServerGroup out{.name = trunk.name, .element = trunk.element};
  for (const policy::TrunkTarget& target : trunk.targets)
    out.members.push_back({.target = trunk.name,
                           .host = target.host,
                           .port = target.port,
                           .priority = static_cast<unsigned>(out.members.size()),
                           .site = {}});
  out.heartbeat.enabled = false;
  out.overload_codes = {503};
  return out;
}

policy::ServerGroup group_of(const policy::Element& element) {
  policy::ServerGroup out{.name = element.name, .element = {}};
  out.members.push_back({.target = element.name, .host = element.address, .port = element.sip_port, .site = {}});
  out.heartbeat.enabled = false;
  out.overload_codes = {503};
  return out;
}

/// What a member's trunk or element says of all its places.
struct Peer {
  std::string host;  ///< of the Request-URI; "" for a clear trunk: the place's own
  std::vector<sip::Transport> transports{sip::Transport::tls};
  std::vector<policy::TrunkTarget> targets;
};

Peer peer_of(const policy::Site& site, const std::string& target) {
  Peer out;
  if (const policy::Element* element = site.element(target)) {
    out.host = element->host;
    out.targets.push_back({element->address, element->sip_port});
  } else if (const policy::Trunk* trunk = site.trunk(target)) {
    const policy::SecurityProfile* profile = site.profile(trunk->profile);
    if (profile != nullptr && profile->mode == policy::Mode::clear)
      out.transports = {sip::Transport::udp, sip::Transport::tcp};
    if (!trunk->names.empty()) out.host = trunk->names.front();
    out.targets = trunk->targets;
  }
  return out;
}

/// The element that every member is, if they are all the same one.
std::string element_of(const policy::Site& site, const policy::ServerGroup& group) {
  if (group.members.empty() || site.element(group.members.front().target) == nullptr) return {};
  const std::string& first = group.members.front().target;
  const bool same = std::ranges::all_of(group.members, [&](const auto& member) { return member.target == first; });
  return same ? first : std::string();
}

}  // namespace

WaysOut::WaysOut(UserAgent& agent, std::string host)
    : agent_(agent), heartbeat_(std::make_shared<Heartbeat>(agent, std::move(host))) {}

void WaysOut::configure(const policy::Site& site, const policy::Element& self) {
  auto before = std::exchange(ways_, {});
  for (const policy::ServerGroup& group : site.server_groups)
    if (group.element == self.name) add(before, group, true, site, self);
  for (const policy::Trunk& trunk : site.trunks)
    if (trunk.element == self.name && !trunk.targets.empty()) add(before, group_of(trunk), false, site, self);
  for (const policy::Element& element : site.elements)
    if (element.name != self.name) add(before, group_of(element), false, site, self);
  locate(site);
  set_paths();
}

void WaysOut::add(std::map<std::string, Way, std::less<>>& before, policy::ServerGroup group, bool written,
                  const policy::Site& site, const policy::Element& self) {
  const bool v6 = self.address.find(':') != std::string::npos;
  Way way{.written = written, .stands_for = written ? element_of(site, group) : std::string()};
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const policy::ServerGroupMember& member = group.members[i];
    Peer peer = peer_of(site, member.target);
    if (!member.host.empty()) peer.targets = {{member.host, member.port}};
    unsigned rank = 0;
    for (const policy::TrunkTarget& target : peer.targets) {
      sip::Wanted wanted{.host = target.host, .port = target.port, .transports = peer.transports};
      wanted.families = {v6 ? sip::IpFamily::v6 : sip::IpFamily::v4};
      const std::string shown = target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
      way.places.push_back(
          {i,
           {.member = i, .target = member.target, .host = peer.host.empty() ? shown : peer.host, .rank = 64 * rank++},
           std::move(wanted),
           is_name(target.host)});
    }
  }
  const auto known = before.find(group.name);
  const std::string name = group.name;
  if (known == before.end()) {
    way.group = std::make_shared<ServerGroup>(std::move(group));
  } else {
    way.group = known->second.group;
    way.group->configure(std::move(group));
  }
  ways_.insert_or_assign(name, std::move(way));
}

void WaysOut::locate(const policy::Site& site) {
  std::vector<sip::Wanted> names;
  for (const auto& [name, way] : ways_)
    for (const Place& place : way.places)
      if (place.is_name) names.push_back(place.wanted);
  if (name_servers_ != site.sip.name_servers) locator_.reset();
  name_servers_ = site.sip.name_servers;
  if (names.empty()) return locator_.reset();
  if (!locator_) {
    runtime::ResolverOptions options{.name_servers = name_servers_};
    if (const auto anchor = site.folder / "pki" / "dnssec.key"; std::filesystem::exists(anchor))
      options.trust_anchor = anchor;
    locator_ = std::make_unique<runtime::Locator>(agent_.loop(), std::move(options), [this] { set_paths(); });
  }
  locator_->want(names);
}

void WaysOut::set_paths() {
  std::vector<std::shared_ptr<ServerGroup>> watched;
  for (auto& [name, way] : ways_) {
    set_paths(way);
    watched.push_back(way.group);
  }
  heartbeat_->watch(std::move(watched));
}

void WaysOut::set_paths(Way& way) {
  std::vector<Path> paths;
  for (const Place& place : way.places) {
    std::optional<sip::Located> located;
    if (place.is_name) {
      const auto* found = locator_->find(place.wanted);
      if (found != nullptr) located = found->located;
    } else if (const sip::Locate numeric(place.wanted); numeric.result() && *numeric.result()) {
      located = **numeric.result();
    }
    if (!located) continue;
    for (const sip::Located::Host& host : located->hosts)
      for (const std::string& address : host.addresses) {
        Path path = place.path;
        path.rank += host.rank;  // fewer than 64: limits::locate_targets
        path.share = {host.priority, host.weight};
        path.spot = {host.transport, {address, host.port}};
        const auto same = [&](const Path& other) { return other.member == path.member && other.same_place(path); };
        if (std::ranges::none_of(paths, same)) paths.push_back(std::move(path));
      }
  }
  way.group->set_paths(std::move(paths), agent_.now());
}

const WaysOut::Way* WaysOut::find(std::string_view name) const {
  for (const auto& [group, way] : ways_)
    if (way.stands_for == name) return &way;
  const auto known = ways_.find(name);
  return known == ways_.end() ? nullptr : &known->second;
}

Tries WaysOut::tries(std::string_view name) {
  const Way* way = find(name);
  if (way == nullptr) return {};
  auto paths = way->group->order([] { return crypto::random_u64(); }, agent_.now());
  return {way->group, std::move(paths), [watcher = std::weak_ptr(heartbeat_)] {
            if (const auto living = watcher.lock()) living->run();
          }};
}

std::string WaysOut::trouble(std::string_view name) const {
  const Way* way = find(name);
  if (way == nullptr) return fmt::format("there is no '{}'", name);
  std::string out;
  for (const Place& place : way->places) {
    const auto* found = place.is_name ? locator_->find(place.wanted) : nullptr;
    if (!place.is_name || (found != nullptr && found->located)) return {};
    out += (out.empty() ? "" : "; ") +
           (found != nullptr && !found->trouble.empty() ? found->trouble : place.wanted.host + " is being looked up");
  }
  return out.empty() ? fmt::format("'{}' has no targets", name) : out;
}

std::vector<WaysOut::View> WaysOut::view() {
  std::vector<View> out;
  for (auto& [name, way] : ways_) {
    if (!way.written && way.group->configuration().element.empty()) continue;  // another element of the site
    View view{way.group->configuration(), way.written, way.group->view(agent_.now()), {}};
    for (const Place& place : way.places) {
      const auto* found = place.is_name ? locator_->find(place.wanted) : nullptr;
      if (place.is_name && (found == nullptr || !found->located))
        view.missing.push_back({place.member, place.wanted.host, found != nullptr ? found->trouble : ""});
    }
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace ringwall::call
