#include <algorithm>

#include "policy/rules.h"

namespace ringwall::policy {
namespace {

template <class List, class Member>
std::vector<std::string_view> names_of(const List& list, Member member) {
  std::vector<std::string_view> names;
  for (const auto& entry : list)
    names.push_back(entry.*member);
  return names;
}

/// "no element 'egde'", with the closest name or the names there are.
void missing(Draft& draft, const Place& place, std::string_view what, std::string_view name,
             const std::vector<std::string_view>& known) {
  const std::string near = closest(name, known);
  std::string mend = known.empty()  ? fmt::format("write a {} of that name", what)
                     : near.empty() ? fmt::format("there are: {}", fmt::join(known, ", "))
                                    : fmt::format("did you mean '{}'?", near);
  draft.error(place, fmt::format("there is no {} '{}'", what, name), std::move(mend));
}

void check_trunks(Draft& draft) {
  const Site& site = draft.site;
  for (std::size_t i = 0; i < site.trunks.size(); ++i) {
    const Trunk& trunk = site.trunks[i];
    if (!trunk.element.empty() && site.element(trunk.element) == nullptr)
      missing(draft, draft.place("trunk", i, "element"), "element", trunk.element,
              names_of(site.elements, &Element::name));
    if (site.profile(trunk.profile) == nullptr)
      missing(draft, draft.place("trunk", i, "profile"), "security profile", trunk.profile,
              names_of(site.profiles, &SecurityProfile::name));
  }
}

void check_target(Draft& draft, const DialPeer& peer, const Place& place) {
  const Site& site = draft.site;
  if (peer.target.empty() || site.element(peer.target) != nullptr) return;
  if (const ServerGroup* group = site.server_group(peer.target)) {
    if (group->element != peer.element)
      draft.error(place, fmt::format("server group '{}' belongs to element '{}'", group->name, group->element),
                  fmt::format("send the call to element '{}', or move the group", group->element));
    return;
  }
  const Trunk* trunk = site.trunk(peer.target);
  if (trunk == nullptr) {
    auto known = names_of(site.elements, &Element::name);
    for (const Trunk& other : site.trunks)
      known.push_back(other.name);
    for (const ServerGroup& group : site.server_groups)
      known.push_back(group.name);
    missing(draft, place, "element, trunk or server group", peer.target, known);
  } else if (trunk->element != peer.element) {
    draft.error(place, fmt::format("trunk '{}' belongs to element '{}'", trunk->name, trunk->element),
                fmt::format("send the call to element '{}', or move the trunk", trunk->element));
  } else if (const Element* owner = site.element(peer.element); owner && owner->kind != ElementKind::edge) {
    draft.error(place, fmt::format("'{}' is a trunk, and only an edge may call trunks", trunk->name),
                "send the call to the edge, and let a dial peer there send it on");
  } else if (trunk->targets.empty()) {
    draft.error(place, fmt::format("trunk '{}' has no targets: no call can be sent to it", trunk->name),
                "write targets = [\"192.0.2.1:5061\"] at the trunk");
  }
}

void check_dial_peers(Draft& draft) {
  const Site& site = draft.site;
  for (std::size_t i = 0; i < site.dial_peers.size(); ++i) {
    const DialPeer& peer = site.dial_peers[i];
    if (!peer.element.empty() && site.element(peer.element) == nullptr)
      missing(draft, draft.place("dial_peer", i, "element"), "element", peer.element,
              names_of(site.elements, &Element::name));
    check_target(draft, peer, draft.place("dial_peer", i, "target"));
    if (!peer.target.empty() && peer.target == peer.element)
      draft.error(draft.place("dial_peer", i, "target"), "the dial peer sends calls back to its own element",
                  "name another target");
  }
}

void check_people(Draft& draft) {
  const Site& site = draft.site;
  const auto groups = names_of(site.skill_groups, &SkillGroup::name);
  for (std::size_t i = 0; i < site.phones.size(); ++i)
    if (site.profile(site.phones[i].profile) == nullptr)
      missing(draft, draft.place("phone", i, "profile"), "security profile", site.phones[i].profile,
              names_of(site.profiles, &SecurityProfile::name));
  for (std::size_t i = 0; i < site.agents.size(); ++i) {
    const Agent& agent = site.agents[i];
    if (!agent.line.empty() && site.phone_of_line(agent.line) == nullptr)
      draft.error(draft.place("agent", i, "line"), fmt::format("no phone has the agent's line {}", agent.line),
                  fmt::format("write a [[phone]] with line = \"{}\", or mend the line", agent.line));
    for (std::size_t k = 0; k < agent.skill_groups.size(); ++k)
      if (site.skill_group(agent.skill_groups[k]) == nullptr)
        missing(draft, draft.place("agent", i, fmt::format("skill_groups.{}", k)), "skill group", agent.skill_groups[k],
                groups);
  }
  for (std::size_t i = 0; i < site.services.size(); ++i)
    if (!site.services[i].skill_group.empty() && site.skill_group(site.services[i].skill_group) == nullptr)
      missing(draft, draft.place("service", i, "skill_group"), "skill group", site.services[i].skill_group, groups);
}

void check_verify(Draft& draft) {
  if (!draft.site.verify) return;
  const Site& site = draft.site;
  const Verify& verify = *site.verify;
  if (!verify.trunk.empty() && site.trunk(verify.trunk) == nullptr)
    missing(draft, draft.place("verify", "trunk"), "trunk", verify.trunk, names_of(site.trunks, &Trunk::name));
  if (!verify.number.empty() && site.service(verify.number) == nullptr)
    missing(draft, draft.place("verify", "number"), "service", verify.number,
            names_of(site.services, &Service::number));
  if (!verify.agent.empty() &&
      std::ranges::none_of(site.agents, [&](const Agent& agent) { return agent.id == verify.agent; }))
    missing(draft, draft.place("verify", "agent"), "agent", verify.agent, names_of(site.agents, &Agent::id));
}

}  // namespace

void check_references(Draft& draft) {
  check_verify(draft);
  check_trunks(draft);
  check_dial_peers(draft);
  check_people(draft);
  for (std::size_t i = 0; i < draft.site.profiles.size(); ++i) {
    const SecurityProfile& profile = draft.site.profiles[i];
    if (!profile.waiver.empty() && draft.site.waiver(profile.waiver) == nullptr)
      missing(draft, draft.place("profile", i, "waiver"), "waiver", profile.waiver,
              names_of(draft.site.waivers, &Waiver::name));
  }
}

}  // namespace ringwall::policy
