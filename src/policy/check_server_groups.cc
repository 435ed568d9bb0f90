#include <map>
#include <tuple>

#include "base/limits.h"
#include "policy/rules.h"

namespace ringwall::policy {
namespace {

bool is_address(const std::string& host) {
  return parse_net_address(host.find(':') == std::string::npos ? host : "[" + host + "]", 1).has_value();
}

/// The same member, written twice, would get twice its share.
using Seen = std::map<std::tuple<std::string, std::string, std::uint16_t>, std::size_t>;

class MemberCheck {
 public:
  MemberCheck(Draft& draft, std::size_t group, std::size_t member) : draft_(draft), group_(group), member_(member) {}

  void target(const ServerGroup& group, const ServerGroupMember& member) const {
    const Site& site = draft_.site;
    if (member.target.empty()) return;  // reported where it was read
    if (site.element(member.target) != nullptr) {
      if (member.target == group.element)
        error("target", "the member is the group's own element", "name another element, or a trunk");
      return;
    }
    const Trunk* trunk = site.trunk(member.target);
    if (trunk == nullptr)
      error("target", fmt::format("there is no element or trunk '{}'", member.target),
            "write a [[trunk]] of that name: it says which certificate the member must show");
    else if (trunk->element != group.element)
      error("target", fmt::format("trunk '{}' belongs to element '{}'", trunk->name, trunk->element),
            "name a trunk of the group's own element");
    else if (const Element* owner = site.element(group.element); owner && owner->kind != ElementKind::edge)
      error("target", fmt::format("'{}' is a trunk, and only an edge may call trunks", trunk->name),
            "name an element as target: keys and addresses of the inside stay inside");
    else if (member.host.empty() && trunk->targets.empty())
      error("target", fmt::format("trunk '{}' has no targets, and the member has no host", trunk->name),
            "write host = \"192.0.2.1\" at the member, or targets at the trunk");
  }

  void place_of_member(const ServerGroupMember& member, Seen& seen) const {
    if (!member.host.empty() && !is_address(member.host) && !is_host_name(member.host))
      error("host", fmt::format("'{}' is no address and no host name", member.host),
            "write host = \"192.0.2.1\" or host = \"sip1.example.com\", and the port on its own");
    if (member.host.empty() && member.port != 0)
      error("port", "the member has a port and no host", "write its host too, or leave the port to the target");
    const auto [first, fresh] = seen.try_emplace({member.target, member.host, member.port}, member_);
    if (!fresh && !member.target.empty())
      error("target", "the member stands twice in its group",
            fmt::format("it is member {} already: give it a higher weight instead", first->second + 1));
  }

 private:
  void error(std::string_view key, std::string what, std::string mend) const {
    draft_.error(draft_.place("server_group", group_, fmt::format("members.{}.{}", member_, key)), std::move(what),
                 std::move(mend));
  }

  Draft& draft_;
  std::size_t group_, member_;
};

void check_group(Draft& draft, std::size_t index) {
  const ServerGroup& group = draft.site.server_groups[index];
  if (!group.element.empty() && draft.site.element(group.element) == nullptr)
    draft.error(draft.place("server_group", index, "element"), fmt::format("there is no element '{}'", group.element),
                "name the element that sends calls to this group");
  if (draft.site.element(group.name) != nullptr || draft.site.trunk(group.name) != nullptr)
    draft.error(draft.place("server_group", index, "name"),
                fmt::format("'{}' is the name of an element or a trunk", group.name),
                "give the group another name: a dial peer's target must mean one thing");
  if (group.members.size() > limits::server_group_members)
    draft.error(draft.place("server_group", index, "members"),
                fmt::format("the server group has {} members", group.members.size()),
                fmt::format("at most {} can be watched", limits::server_group_members));
  Seen seen;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const MemberCheck check(draft, index, i);
    check.target(group, group.members[i]);
    check.place_of_member(group.members[i], seen);
  }
}

}  // namespace

void check_server_groups(Draft& draft) {
  for (std::size_t i = 0; i < draft.site.server_groups.size(); ++i)
    check_group(draft, i);
}

}  // namespace ringwall::policy
