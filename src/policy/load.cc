#include <algorithm>

#include "base/limits.h"
#include "policy/rules.h"
#include "policy/sections.h"

namespace ringwall::policy {
namespace {

void read_file(const std::filesystem::path& file, const std::string& label, Draft& draft) {
  const auto text = read_text_file(file, limits::configuration_bytes);
  if (!text) return draft.error({label, 0, 0}, text.error().what, text.error().mend);
  if (const auto table = parse_toml(*text, label, draft)) read_sections(*table, label, draft);
}

/// The names of include.d/*.toml, in their order.
std::vector<std::string> find_includes(const std::filesystem::path& folder, Draft& draft) {
  std::vector<std::string> names;
  std::error_code trouble;
  std::filesystem::directory_iterator at(folder / "include.d", trouble), end;
  for (; !trouble && at != end; at.increment(trouble))
    if (at->path().extension() == ".toml") names.push_back(at->path().filename().string());
  std::ranges::sort(names);
  if (names.size() > limits::configuration_files) {
    draft.error({"include.d", 0, 0}, fmt::format("there are more than {} files", limits::configuration_files),
                "put several tables into one file");
    names.resize(limits::configuration_files);
  }
  return names;
}

void require_site_table(Draft& draft) {
  if (draft.places.contains("site.0")) return;
  draft.error({"ringwall.toml", 0, 0}, "there is no [site] table", "write [site] with name and domain");
}

/// A trunk that is reached by its name must show that name, unless others are written (RFC 5922 section 7.3): what DNS
/// says on the way there proves nothing.
void expect_target_names(Site& site) {
  for (Trunk& trunk : site.trunks) {
    const SecurityProfile* profile = site.profile(trunk.profile);
    if (!trunk.names.empty() || profile == nullptr || profile->mode == Mode::clear) continue;
    for (const TrunkTarget& target : trunk.targets)
      if (!parse_net_address(target.text(), 1)) trunk.names.push_back(target.host);
  }
}

}  // namespace

Loaded load(const std::filesystem::path& folder, WallTime now) {
  Draft draft;
  draft.site.folder = folder;
  read_file(folder / "ringwall.toml", "ringwall.toml", draft);
  for (const std::string& name : find_includes(folder, draft))
    read_file(folder / "include.d" / name, "include.d/" + name, draft);
  if (draft.places.empty())
    return {std::move(draft.site), std::move(draft.findings)};  // nothing was read: nothing to compare

  require_site_table(draft);
  for (Element& element : draft.site.elements)
    element.host = element.name + "." + draft.site.domain;
  if (draft.site.profile(site_profile) == nullptr) {
    SecurityProfile own;
    own.name = site_profile;
    own.tls_minimum.clear();  // becomes the site's
    draft.site.profiles.push_back(std::move(own));
  }
  expect_target_names(draft.site);
  check_names(draft);
  check_references(draft);
  check_server_groups(draft);
  check_elements(draft);
  check_tls(draft);
  check_sip(draft);
  check_security(draft, now);
  check_digest(draft);
  check_recording(draft);
  check_files(draft, now);
  return {std::move(draft.site), std::move(draft.findings)};
}

}  // namespace ringwall::policy
