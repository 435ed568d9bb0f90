#include <algorithm>
#include <map>

#include "base/text.h"
#include "policy/dial_plan.h"
#include "policy/rules.h"

namespace ringwall::policy {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && !text.starts_with('-') && !text.ends_with('-') &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// What a name of some kind must look like.
struct Form {
  bool (*good)(std::string_view);
  std::string_view mend;
};
constexpr Form word{is_word, "use 1 to 64 letters, digits, '.', '-' and '_'"};
constexpr Form label{is_label, "use letters, digits and '-': it is the first part of a host name"};
constexpr Form host_name{is_host_name, "write a host name, as it stands in the certificate"};
constexpr Form number{is_number, "write digits, '*' and '#', perhaps after a '+'"};

/// Checks one member of every table of a kind: its form, and that it stands once.
template <class List, class Member>
void check_unique(Draft& draft, std::string_view kind, std::string_view key, const List& list, Member member,
                  const Form& form) {
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string& name = list[i].*member;
    if (name.empty()) continue;  // reported where it was read
    if (!form.good(name))
      draft.error(draft.place(kind, i, key), fmt::format("'{}' is no good {}", name, key), std::string(form.mend));
    const auto [first, fresh] = seen.try_emplace(name, i);
    if (fresh) continue;
    const Place place = draft.place(kind, first->second, key);
    draft.error(draft.place(kind, i, key), fmt::format("{} '{}' stands twice", key, name),
                fmt::format("it stands at {}:{} already: rename or remove one", place.file, place.line));
  }
}

}  // namespace

bool is_host_name(std::string_view text) {
  return text.size() <= 253 && std::ranges::all_of(split(text, '.'), is_label);
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 32 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '*' || c == '#'; });
}

void check_names(Draft& draft) {
  const Site& site = draft.site;
  if (!site.domain.empty() && !is_host_name(site.domain))
    draft.error(draft.place("site", "domain"), fmt::format("'{}' is no domain", site.domain),
                "write it as example.com");
  check_unique(draft, "element", "name", site.elements, &Element::name, label);
  check_unique(draft, "profile", "name", site.profiles, &SecurityProfile::name, word);
  check_unique(draft, "waiver", "name", site.waivers, &Waiver::name, word);
  check_unique(draft, "trunk", "name", site.trunks, &Trunk::name, word);
  check_unique(draft, "dial_peer", "name", site.dial_peers, &DialPeer::name, word);
  check_unique(draft, "server_group", "name", site.server_groups, &ServerGroup::name, word);
  check_unique(draft, "phone", "name", site.phones, &Phone::name, host_name);
  check_unique(draft, "phone", "line", site.phones, &Phone::line, number);
  check_unique(draft, "agent", "id", site.agents, &Agent::id, word);
  check_unique(draft, "agent", "line", site.agents, &Agent::line, number);
  check_unique(draft, "skill_group", "name", site.skill_groups, &SkillGroup::name, word);
  check_unique(draft, "service", "number", site.services, &Service::number, number);

  for (std::size_t i = 0; i < site.trunks.size(); ++i)
    if (site.element(site.trunks[i].name) != nullptr)
      draft.error(draft.place("trunk", i, "name"), fmt::format("'{}' is the name of an element", site.trunks[i].name),
                  "give the trunk another name: a dial peer's target must mean one thing");
  for (std::size_t i = 0; i < site.dial_peers.size(); ++i) {
    if (site.dial_peers[i].pattern.empty()) continue;
    if (const auto good = check_pattern(site.dial_peers[i].pattern); !good)
      draft.error(draft.place("dial_peer", i, "pattern"), good.error().what, good.error().mend);
  }
}

}  // namespace ringwall::policy
