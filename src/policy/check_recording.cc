#include <algorithm>

#include "policy/rules.h"

namespace ringwall::policy {
namespace {

template <class Exists>
void check_list(Draft& draft, const std::vector<std::string>& list, std::string_view key, std::string_view what,
                Exists exists) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (!exists(list[i]))
      draft.error(draft.place("recording", fmt::format("{}.{}", key, i)),
                  fmt::format("there is no {} '{}'", what, list[i]), fmt::format("write one that the site has"));
}

void check_announcement(Draft& draft) {
  const std::string& name = draft.site.recording.announce;
  if (name.empty()) return;
  std::error_code trouble;
  if (name.find('/') != std::string::npos || name == "." || name == "..")
    draft.error(draft.place("recording", "announce"), fmt::format("'{}' is not the name of a file in prompts/", name),
                "write the name alone: \"recorded.wav\"");
  else if (!std::filesystem::is_regular_file(draft.site.folder / "prompts" / name, trouble))
    draft.error(draft.place("recording", "announce"), fmt::format("there is no prompt prompts/{}", name),
                "record it as a WAV file, or mend the name");
}

}  // namespace

void check_recording(Draft& draft) {
  const Site& site = draft.site;
  const Recording& recording = site.recording;
  check_list(draft, recording.services, "services", "service",
             [&](auto& name) { return site.service(name) != nullptr; });
  check_list(draft, recording.trunks, "trunks", "trunk", [&](auto& name) { return site.trunk(name) != nullptr; });
  check_list(draft, recording.lines, "lines", "line", [&](auto& name) { return site.phone_of_line(name) != nullptr; });
  check_announcement(draft);
  std::error_code trouble;
  if (recording.enabled && !std::filesystem::exists(site.folder / "pki" / "recording" / "current", trouble))
    draft.error(draft.place("recording", "enabled"), "the site has no key for recordings",
                "make one with 'ringwall recording rotate-keys'");
}

}  // namespace ringwall::policy
