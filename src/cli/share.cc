#include "cli/share.h"

namespace ringwall::cli {

Result<std::filesystem::path> share_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail("cannot find the program's own folder: " + error.message());
  for (const auto& folder :
       {program.parent_path() / "share", program.parent_path().parent_path() / "share" / "ringwall"})
    if (std::filesystem::exists(folder / "ringwall.toml")) return folder;
  return fail("the sample site is missing", (program.parent_path() / "share").string(),
              "build with script/build, which makes it");
}

}  // namespace ringwall::cli
