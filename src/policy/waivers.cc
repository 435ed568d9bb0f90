#include "policy/waivers.h"

#include <algorithm>

namespace ringwall::policy {

std::vector<WaiverView> list_waivers(const Site& site, WallTime now) {
  std::vector<WaiverView> views;
  for (const Waiver& waiver : site.waivers) {
    WaiverView view{waiver.name, waiver.reason, waiver.until, now < waiver.until, {}, {}};
    const auto leans = [&](std::string_view profile) {
      return std::ranges::find(view.profiles, profile) != view.profiles.end();
    };
    for (const SecurityProfile& profile : site.profiles)
      if (profile.waiver == waiver.name) view.profiles.push_back(profile.name);
    for (const Trunk& trunk : site.trunks)
      if (leans(trunk.profile)) view.used_by.push_back("trunk " + trunk.name);
    for (const Phone& phone : site.phones)
      if (leans(phone.profile)) view.used_by.push_back("phone " + phone.name);
    views.push_back(std::move(view));
  }
  return views;
}

bool in_force(const Site& site, std::string_view waiver, WallTime now) {
  const Waiver* found = site.waiver(waiver);
  return found != nullptr && now < found->until;
}

}  // namespace ringwall::policy
