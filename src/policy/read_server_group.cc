#include "policy/read_server_group.h"

#include "base/text.h"
#include "policy/rules.h"
#include "policy/table_reader.h"

namespace ringwall::policy {
namespace {

constexpr int shortest_interval = 5'000, longest_interval = 3'600'000;  // ms

void read_member(TableReader& in, ServerGroup& group) {
  ServerGroupMember member;
  in.text("target", member.target);
  in.text("host", member.host, Need::optional);
  in.number("port", member.port, 1, 65535);
  in.number("priority", member.priority, 0, 65535);  // RFC 2782: 16 bits each
  in.number("weight", member.weight, 0, 65535);
  in.text("site", member.site, Need::optional);
  member.host = to_lower(member.host);
  group.members.push_back(std::move(member));
}

void read_heartbeat(TableReader& in, Heartbeat& heartbeat) {
  in.flag("enabled", heartbeat.enabled);
  in.number("failures", heartbeat.failures, 1, 5);
  in.milliseconds("timeout", heartbeat.timeout, 100, 3'000);
  in.milliseconds("up_interval", heartbeat.up_interval, shortest_interval, longest_interval, true);
  in.milliseconds("down_interval", heartbeat.down_interval, shortest_interval, longest_interval, true);
  in.text("method", heartbeat.method, Need::optional);
  in.text("host", heartbeat.host, Need::optional);
  if (heartbeat.method != "OPTIONS" && heartbeat.method != "PING") {
    in.draft().error(in.place("method"), fmt::format("there is no heartbeat by '{}'", heartbeat.method),
                     "write \"OPTIONS\" or \"PING\"");
    heartbeat.method = Heartbeat{}.method;
  }
  if (!heartbeat.host.empty() && !is_host_name(heartbeat.host))
    in.draft().error(in.place("host"), fmt::format("'{}' is no host name", heartbeat.host),
                     "write the host that the Request-URI shall name, such as \"sip.example.com\"");
}

}  // namespace

void read_server_group(TableReader& in, Site& site) {
  ServerGroup group;
  in.text("name", group.name);
  in.text("element", group.element);
  in.tables("members", "member", [&](TableReader& member) { read_member(member, group); });
  in.table("heartbeat", "heartbeat", [&](TableReader& heartbeat) { read_heartbeat(heartbeat, group.heartbeat); });
  in.numbers("overload_codes", group.overload_codes, 400, 699);
  site.server_groups.push_back(std::move(group));
}

Result<TrunkTarget> read_target(std::string_view text) {
  auto address = parse_net_address(text, 5061);
  if (address) return TrunkTarget{std::move(address->ip), address->port};
  std::string_view rest = text;
  const std::string host = to_lower(take_until(rest, ':'));
  const bool dotted_number = host.find_first_not_of("0123456789.") == std::string::npos;
  if (dotted_number || !is_host_name(host)) return std::unexpected(std::move(address).error());
  if (host.size() == text.size()) return TrunkTarget{host, 0};
  const auto port = parse_unsigned<std::uint16_t>(rest);
  if (!port || *port == 0)
    return fail(fmt::format("'{}' is not a target: the port is not a number from 1 to 65535", text), {},
                "write it as 192.0.2.1:5061, sip.example.com:5061, or example.com to have SRV records looked up");
  return TrunkTarget{host, *port};
}

}  // namespace ringwall::policy
