#include "cli/trunks_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

namespace json = boost::json;

namespace ringwall::cli {
namespace {

/// How many live connections of the element have proven one of the trunk's names.
std::size_t connections_of(call::Element& element, const policy::Trunk& trunk) {
  const auto is_trunks = [&](const std::string& name) {
    return std::ranges::find(trunk.names, name) != trunk.names.end();
  };
  const auto view = element.agent().host().view();
  return static_cast<std::size_t>(std::ranges::count_if(view.connections, [&](const auto& connection) {
    return std::ranges::any_of(connection.tls.peer_names, is_trunks);
  }));
}

/// The wall clock's time of something on the other clock.
std::string wall_text(Time then, Time now) {
  return print_wall_time(wall_now() - std::chrono::duration_cast<std::chrono::seconds>(now - then));
}

json::object member_json(const policy::ServerGroup& group, const call::ServerGroup::View& member, Time now) {
  const policy::ServerGroupMember& written = group.members.at(member.path.member);
  return {{"target", member.path.target},
          {"transport", sip::print(member.path.spot.transport)},
          {"address", member.path.spot.address.text()},
          {"site", written.site},
          {"priority", written.priority},
          {"weight", written.weight},
          {"state", call::print(member.state)},
          {"since", wall_text(member.since, now)},
          {"last", member.last},
          {"failures", member.failures},
          {"calls", member.calls},
          {"calls_failed", member.calls_failed},
          {"heartbeats", member.heartbeats},
          {"heartbeats_failed", member.heartbeats_failed}};
}

json::object missing_json(const policy::ServerGroup& group, const call::WaysOut::View::Missing& missing) {
  const policy::ServerGroupMember& written = group.members.at(missing.member);
  return {{"target", written.target},
          {"transport", ""},
          {"address", missing.host},
          {"site", written.site},
          {"priority", written.priority},
          {"weight", written.weight},
          {"state", "no address"},
          {"since", ""},
          {"last", missing.trouble.empty() ? "is being looked up" : missing.trouble},
          {"failures", 0},
          {"calls", 0},
          {"calls_failed", 0},
          {"heartbeats", 0},
          {"heartbeats_failed", 0}};
}

json::array members_json(const call::WaysOut::View& view, Time now) {
  json::array out;
  for (const auto& member : view.members)
    out.push_back(member_json(view.configuration, member, now));
  for (const auto& missing : view.missing)
    out.push_back(missing_json(view.configuration, missing));
  return out;
}

json::object group_json(const call::WaysOut::View& view, Time now) {
  const policy::Heartbeat& heartbeat = view.configuration.heartbeat;
  return {{"group", view.configuration.name},
          {"element", view.configuration.element},
          {"overload_codes", json::value_from(view.configuration.overload_codes)},
          {"heartbeat",
           {{"enabled", heartbeat.enabled},
            {"method", heartbeat.method},
            {"failures", heartbeat.failures},
            {"timeout_ms", heartbeat.timeout.count()},
            {"up_interval_ms", heartbeat.up_interval.count()},
            {"down_interval_ms", heartbeat.down_interval.count()}}},
          {"members", members_json(view, now)}};
}

json::object trunk_json(const policy::Site& site, const policy::Trunk& trunk) {
  const auto* profile = site.profile(trunk.profile);
  json::array targets;
  for (const auto& target : trunk.targets)
    targets.push_back(json::string(target.text()));
  return {{"trunk", trunk.name},
          {"element", trunk.element},
          {"profile", trunk.profile},
          {"mode",
           profile && profile->mode == policy::Mode::clear ? "clear (waiver " + profile->waiver + ")" : "encrypted"},
          {"names", json::value_from(trunk.names)},
          {"targets", std::move(targets)},
          {"connections", 0},
          {"members", json::array{}}};
}

}  // namespace

json::object trunks_json(const SiteProcess& process) {
  json::array trunks, groups;
  for (const auto& trunk : process.site().trunks) {
    json::object out = trunk_json(process.site(), trunk);
    for (const auto& element : process.elements()) {
      if (element->name() != trunk.element) continue;
      out["connections"] = connections_of(*element, trunk);
      for (const auto& view : element->ways_out().view())
        if (!view.written && view.configuration.name == trunk.name) out["members"] = members_json(view, element->now());
    }
    trunks.push_back(std::move(out));
  }
  for (const auto& element : process.elements())
    for (const auto& view : element->ways_out().view())
      if (view.written) groups.push_back(group_json(view, element->now()));
  return {{"trunks", std::move(trunks)}, {"server_groups", std::move(groups)}};
}

}  // namespace ringwall::cli
