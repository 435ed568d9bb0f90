#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/bytes.h"
#include "policy/rules.h"
#include "policy/sections.h"

/// Any bytes as ringwall.toml: every rule runs over what was read, and each finding can be printed. Files that the
/// configuration names are looked up in a folder that does not exist.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  using namespace ringwall::policy;
  constexpr WallTime now{std::chrono::seconds(1'800'000'000)};
  Draft draft;
  draft.site.folder = "/nonexistent";
  if (const auto table = parse_toml(as_text({data, size}), "ringwall.toml", draft)) {
    read_sections(*table, "ringwall.toml", draft);
    check_names(draft);
    check_references(draft);
    check_elements(draft);
    check_security(draft, now);
    check_files(draft, now);
  }
  for (const Finding& finding : draft.findings)
    if (finding.text().empty() || finding.what.empty()) std::abort();
  return 0;
}
