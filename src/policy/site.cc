#include "policy/site.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ringwall::policy {
namespace {

constexpr std::array<std::pair<ElementKind, std::string_view>, 8> kinds = {{
    {ElementKind::edge, "edge"},
    {ElementKind::call_server, "call-server"},
    {ElementKind::voice_browser, "voice-browser"},
    {ElementKind::call_manager, "call-manager"},
    {ElementKind::voicemail, "voicemail"},
    {ElementKind::remote_edge, "remote-edge"},
    {ElementKind::authority, "authority"},
    {ElementKind::desktop, "desktop"},
}};

template <class List, class Wanted, class Member>
auto find_in(const List& list, const Wanted& wanted, Member member) -> const typename List::value_type* {
  const auto found = std::ranges::find(list, wanted, member);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::string_view print(ElementKind kind) {
  return std::ranges::find(kinds, kind, &std::pair<ElementKind, std::string_view>::first)->second;
}

std::optional<ElementKind> parse_element_kind(std::string_view text) {
  const auto found = std::ranges::find(kinds, text, &std::pair<ElementKind, std::string_view>::second);
  return found == kinds.end() ? std::nullopt : std::optional(found->first);
}

std::string TrunkTarget::text() const {
  return port == 0 ? host : NetAddress{host, port}.text();
}

const Element* Site::element(std::string_view element_name) const {
  return find_in(elements, element_name, &Element::name);
}
const Element* Site::element_of_kind(ElementKind kind) const {
  return find_in(elements, kind, &Element::kind);
}
const Trunk* Site::trunk(std::string_view trunk_name) const {
  return find_in(trunks, trunk_name, &Trunk::name);
}
const ServerGroup* Site::server_group(std::string_view group_name) const {
  return find_in(server_groups, group_name, &ServerGroup::name);
}
const SecurityProfile* Site::profile(std::string_view profile_name) const {
  return find_in(profiles, profile_name, &SecurityProfile::name);
}
const Waiver* Site::waiver(std::string_view waiver_name) const {
  return find_in(waivers, waiver_name, &Waiver::name);
}
const Phone* Site::phone(std::string_view phone_name) const {
  return phones.find(phone_name);
}
const Phone* Site::phone_of_line(std::string_view line) const {
  return phones.find_line(line);
}
const SkillGroup* Site::skill_group(std::string_view group_name) const {
  return find_in(skill_groups, group_name, &SkillGroup::name);
}
const Service* Site::service(std::string_view number) const {
  return find_in(services, number, &Service::number);
}

std::string Finding::text() const {
  std::string place = file;
  if (line != 0) place += fmt::format(":{}:{}", line, column);
  return Error{what, place, mend}.text();
}

bool Loaded::usable() const {
  return std::ranges::none_of(findings, [](const Finding& finding) { return finding.severity == Severity::error; });
}

}  // namespace ringwall::policy
