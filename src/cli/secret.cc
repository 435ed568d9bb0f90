#include "cli/secret.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "cli/context.h"
#include "crypto/random.h"
#include "pki/atomic_file.h"
#include "policy/digest_file.h"
#include "policy/site.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;
constexpr std::size_t made_password_bytes = 18, longest_password = 1'024;

struct SecretOptions {
  std::string name;  ///< the line, or the trunk
  std::string user, realm;
  std::vector<std::string> algorithms{"SHA-512-256", "SHA-256"};
  bool from_stdin = false;
};

/// One line of standard input without its end.
Result<Secret> read_password() {
  std::string text;
  std::getline(std::cin, text);
  while (text.ends_with('\r'))
    text.pop_back();
  Secret out(text);
  explicit_bzero(text.data(), text.size());
  if (out.empty() || out.size() > longest_password)
    return fail("there is no password on standard input", {}, "pipe one line into the command");
  return out;
}

Secret make_password() {
  return Secret(print_base64(crypto::random_key(made_password_bytes).reveal()));
}

Result<std::vector<policy::DigestSecret>> make_secrets(const SecretOptions& options, const Secret& password) {
  std::vector<policy::DigestSecret> out;
  for (const std::string& name : options.algorithms) {
    const auto algorithm = crypto::parse_digest_algorithm(name);
    if (!algorithm)
      return fail(fmt::format("there is no algorithm '{}'", name), "--algorithm", "name SHA-512-256, SHA-256 or MD5");
    if (std::ranges::find(out, *algorithm, &policy::DigestSecret::algorithm) != out.end()) continue;
    out.push_back({options.user, options.realm, *algorithm,
                   crypto::digest_a1(*algorithm, options.user, options.realm, as_text(password.reveal()))});
  }
  return out;
}

Result<> write_secrets(const std::filesystem::path& file, const std::vector<policy::DigestSecret>& secrets) {
  TRY_VOID(pki::make_private_folder(file.parent_path()));
  return pki::write_file(file, policy::print_digest_file(secrets).reveal(), pki::private_mode);
}

void report(CommandContext& context, const SecretOptions& options, const std::filesystem::path& file,
            const std::string& setting, const Secret& made) {
  if (context.json) {
    json::array algorithms(options.algorithms.begin(), options.algorithms.end());
    json::object out{{"user", options.user},
                     {"realm", options.realm},
                     {"file", file.string()},
                     {"algorithms", std::move(algorithms)}};
    if (!made.empty()) out["password"] = as_text(made.reveal());
    return context.print_json(out);
  }
  context.out() << "Secrets for user " << options.user << " of realm " << options.realm << " are in " << file.string()
                << "\n";
  if (!made.empty())
    context.out() << "Password: " << as_text(made.reveal()) << "\nIt is kept nowhere: give it to the phone now.\n";
  if (!setting.empty()) context.out() << "Write in ringwall.toml: " << setting << "\n";
}

/// Below the site's folder, as ringwall.toml would write it.
std::string setting_of(const std::string& name) {
  return fmt::format("digest = \"secrets/{}.digest\"", name);
}

Result<> make_phone_secret(CommandContext& context, SecretOptions options) {
  const auto loaded = policy::load(context.site, wall_now());
  const policy::Phone* phone = loaded.site.phone_of_line(options.name);
  if (phone == nullptr)
    return fail(fmt::format("no phone has line {}", options.name), (context.site / "ringwall.toml").string(),
                fmt::format("write a [[phone]] with line = \"{}\"", options.name));
  options.user = phone->line;
  options.realm = loaded.site.domain;
  Secret password = options.from_stdin ? Secret() : make_password();
  if (options.from_stdin) {
    TRY(password, read_password());
  }
  TRY(const auto secrets, make_secrets(options, password));
  const bool named = !phone->digest.empty();
  const auto file = named ? phone->digest : context.site / "secrets" / (options.name + ".digest");
  TRY_VOID(write_secrets(file, secrets));
  report(context, options, file, named ? "" : setting_of(options.name), options.from_stdin ? Secret() : password);
  return {};
}

/// Secrets for other realms of the trunk stay: a carrier may have several.
Result<> make_trunk_secret(CommandContext& context, SecretOptions options) {
  const auto loaded = policy::load(context.site, wall_now());
  const policy::Trunk* trunk = loaded.site.trunk(options.name);
  if (trunk == nullptr)
    return fail(fmt::format("there is no trunk '{}'", options.name), (context.site / "ringwall.toml").string(),
                "see 'ringwall show trunks'");
  options.user = trunk->user;
  if (options.user.empty())
    return fail(fmt::format("trunk '{}' has no user", options.name), (context.site / "ringwall.toml").string(),
                "write user = \"...\": as the carrier knows us");
  TRY(const Secret password, read_password());
  TRY(auto secrets, make_secrets(options, password));
  const bool named = !trunk->digest.empty();
  const auto file = named ? trunk->digest : context.site / "secrets" / (options.name + ".digest");
  if (auto before = policy::read_digest_file(file))
    for (policy::DigestSecret& one : *before)
      if (one.user == options.user && one.realm != options.realm) secrets.push_back(std::move(one));
  TRY_VOID(write_secrets(file, secrets));
  report(context, options, file, named ? "" : setting_of(options.name), Secret());
  return {};
}

void run(CommandContext& context, const Result<>& done) {
  if (!done) context.failed(done.error());
}

void add_phone_secret(CLI::App& app, CommandContext& context) {
  auto* device = app.add_subcommand("phone-device", "Phones that come without a certificate");
  device->require_subcommand(1);
  auto* command = device->add_subcommand("secret", "Make the digest secrets of a line");
  auto options = std::make_shared<SecretOptions>();
  command->add_option("LINE", options->name, "The phone's line, e.g. 1001")->required();
  command->add_flag("--stdin", options->from_stdin, "Read the password from standard input (default: make one)");
  command->add_option("--algorithm", options->algorithms, "SHA-512-256, SHA-256 or MD5; may be given several times")
      ->capture_default_str();
  command->callback([&context, options] { run(context, make_phone_secret(context, *options)); });
}

void add_trunk_secret(CLI::App& app, CommandContext& context) {
  auto* trunk = app.add_subcommand("trunk", "Trunks");
  trunk->require_subcommand(1);
  auto* command = trunk->add_subcommand("secret", "Keep what we answer a carrier's challenge with");
  auto options = std::make_shared<SecretOptions>();
  command->add_option("NAME", options->name, "The trunk; its `user` is whose password this is")->required();
  command->add_option("--realm", options->realm, "The realm that the carrier's challenge names")->required();
  command->add_option("--algorithm", options->algorithms, "SHA-512-256, SHA-256 or MD5; may be given several times")
      ->capture_default_str();
  command->callback([&context, options] { run(context, make_trunk_secret(context, *options)); });
}

}  // namespace

void add_secrets(CLI::App& app, CommandContext& context) {
  add_phone_secret(app, context);
  add_trunk_secret(app, context);
}

}  // namespace ringwall::cli
