#include "cli/init.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include <filesystem>

#include "cli/context.h"
#include "cli/share.h"
#include "pki/atomic_file.h"
#include "pki/recording_keys.h"
#include "pki/site_identities.h"
#include "policy/site.h"
#include "store/database.h"

namespace ringwall::cli {
namespace {

namespace fs = std::filesystem;

Result<> copy_sample(const fs::path& share, const fs::path& folder) {
  std::error_code error;
  for (const char* part : {"vxml", "prompts"}) {
    fs::create_directories(folder / part, error);
    for (const auto& entry : fs::directory_iterator(share / part, error))
      if (!error && entry.is_regular_file()) fs::copy_file(entry, folder / part / entry.path().filename(), error);
    if (error)
      return fail("cannot copy the sample site: " + error.message(), (folder / part).string(),
                  "check the free space and the rights of the folder");
  }
  fs::copy_file(share / "ringwall.toml", folder / "ringwall.toml", error);
  if (error) return fail("cannot write the configuration: " + error.message(), (folder / "ringwall.toml").string());
  return {};
}

Result<policy::Site> read_site(const fs::path& folder) {
  policy::Loaded loaded = policy::load(folder, wall_now());
  if (loaded.usable()) return std::move(loaded.site);
  for (const auto& finding : loaded.findings)
    if (finding.severity == policy::Severity::error)
      return fail(finding.what, fmt::format("{}:{}:{}", finding.file, finding.line, finding.column), finding.mend);
  return fail("the configuration cannot be used", folder.string());
}

Result<> fill(const fs::path& folder, const fs::path& share) {
  TRY_VOID(pki::make_private_folder(folder / "run"));
  TRY_VOID(pki::make_private_folder(folder / "store"));
  TRY_VOID(copy_sample(share, folder));
  TRY_VOID(pki::make_site_identities(folder, {}, {}, wall_now()));  // the configuration is checked against the anchors
  TRY(const policy::Site site, read_site(folder));
  std::vector<std::string> elements, phones;
  for (const auto& element : site.elements)
    elements.push_back(element.host);
  for (const auto& phone : site.phones)
    phones.push_back(phone.name);
  TRY_VOID(pki::make_site_identities(folder, elements, phones, wall_now()));
  TRY_VOID(pki::RecordingKeys(folder).make_first());
  TRY(const auto target, store::find_target(folder, site.store));
  TRY(const auto database, store::Database::open(target));
  return {};
}

}  // namespace

/// The site is made beside its place and moved there when it is whole: a stop in the middle leaves no half site.
Result<> make_site(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder) && !fs::is_empty(folder, error))
    return fail("the folder is not empty", folder.string(), "name another folder, or remove this one");
  TRY(const fs::path share, share_folder());
  const fs::path whole = fs::absolute(folder).lexically_normal();
  std::string beside = (whole.has_filename() ? whole : whole.parent_path()).string() + ".XXXXXX";
  fs::create_directories(fs::path(beside).parent_path(), error);
  if (!mkdtemp(beside.data())) return fail("cannot make a folder", beside, "check the rights of the folder above it");
  if (auto filled = fill(beside, share); !filled) {
    fs::remove_all(beside, error);
    return filled;
  }
  fs::rename(beside, whole, error);
  if (error)
    return fail("cannot move the finished site to its place: " + error.message(), folder.string(),
                "it is whole in " + beside);
  return {};
}

void add_init(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("init", "Make a site folder: configuration, PKI, VoiceXML, prompts, database");
  auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "The folder to make")->required();
  command->callback([&context, folder] {
    if (const auto done = make_site(*folder); !done) {
      context.failed(done.error());
      return;
    }
    if (context.json)
      context.print_json(boost::json::object{{"site", *folder}});
    else
      context.out() << "made the site " << *folder << "; run it with: ringwall run --site " << *folder << "\n";
  });
}

}  // namespace ringwall::cli
