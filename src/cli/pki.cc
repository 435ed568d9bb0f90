#include "cli/pki.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/json.hpp>

#include <algorithm>

#include "base/limits.h"
#include "cli/certificate_text.h"
#include "cli/table.h"
#include "pki/atomic_file.h"
#include "pki/authority.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;
constexpr std::size_t shown_serial_digits = 16;

struct IssueOptions {
  std::string name, key = "p256";
  std::filesystem::path out;
  std::vector<std::string> uses;
  unsigned days = static_cast<unsigned>(pki::leaf_days.count());
  bool force = false;
};

Result<pki::Authority> open_authority(const CommandContext& context) {
  return pki::Authority::open(context.site / "pki");
}

Result<void> run_init(CommandContext& context) {
  TRY(const auto authority, pki::Authority::create(context.site / "pki", wall_now()));
  const auto& root = authority.anchors().front();
  if (context.json) {
    context.print_json(json::object{{"folder", authority.folder().string()},
                                    {"root", certificate_json(root, wall_now())},
                                    {"issuing", certificate_json(authority.issuing(), wall_now())}});
    return {};
  }
  context.out() << "Made a certificate authority in " << authority.folder().string() << "\n\n";
  print_certificate(context.out(), root, wall_now());
  context.out() << '\n';
  print_certificate(context.out(), authority.issuing(), wall_now());
  context.out() << "\nThe root's key is needed only to make another issuing CA: keep root/root.key in a safe place,\n"
                   "away from this machine if you can. Give peers anchors.pem.\n";
  return {};
}

Result<pki::IssueRequest> read_request(const IssueOptions& options) {
  pki::IssueRequest request;
  request.name = options.name;
  request.out = options.out;
  request.days = std::chrono::days(options.days);
  request.overwrite = options.force;
  const auto key = crypto::parse_key_type(options.key);
  if (!key)
    return fail(fmt::format("'{}' is no type of key", options.key), "--key",
                "name p256, p384, rsa2048, rsa3072, rsa4096 or ed25519");
  request.key_type = *key;
  if (!options.uses.empty()) request.uses.clear();
  for (const auto& word : options.uses) {
    const auto use = pki::parse_use(word);
    if (!use)
      return fail(fmt::format("'{}' is no use of a certificate", word), "--use", "name server, client, both or phone");
    request.uses.push_back(*use);
  }
  return request;
}

json::value issued_json(const std::vector<pki::Issued>& issued, const std::filesystem::path& out) {
  json::array all;
  for (const auto& one : issued) {
    auto object = certificate_json(one.certificate, wall_now());
    object["use"] = pki::print(one.use);
    object["certificate"] = one.certificate_file.string();
    object["key_file"] = one.key_file.string();
    object["bundle"] = one.bundle_file.string();
    all.push_back(std::move(object));
  }
  return {
      {"issued", std::move(all)}, {"chain", (out / "chain.pem").string()}, {"anchors", (out / "anchors.pem").string()}};
}

Result<void> run_issue(CommandContext& context, const IssueOptions& options) {
  TRY(const auto request, read_request(options));
  TRY(auto authority, open_authority(context));
  TRY(const auto issued, authority.issue(request, wall_now()));
  if (context.json) {
    context.print_json(issued_json(issued, request.out));
    return {};
  }
  for (const auto& one : issued) {
    context.out() << fmt::format("Issued a {} certificate for {}, until {}\n", pki::print(one.use), options.name,
                                 print_wall_time(one.certificate.not_after()));
    context.out() << fmt::format("  serial                 {}\n", one.certificate.serial());
    context.out() << fmt::format("  certificate and chain  {}\n", one.certificate_file.string());
    context.out() << fmt::format("  private key            {}\n", one.key_file.string());
    context.out() << fmt::format("  all three in one file  {}\n", one.bundle_file.string());
  }
  context.out() << "Beside them: chain.pem (the issuing CA) and anchors.pem (the root, for the other side to trust)\n";
  return {};
}

std::string state_of(const pki::IssuedRecord& record) {
  if (!record.certificate) return "not handed out";
  return validity_text(record.certificate->not_before(), record.certificate->not_after(), wall_now());
}

json::value list_json(const pki::AuthorityReport& report) {
  json::array certificates, findings;
  for (const auto& record : report.records)
    certificates.push_back(json::object{{"serial", record.entry.serial},
                                        {"name", record.entry.name},
                                        {"use", record.entry.use},
                                        {"issued", print_wall_time(record.entry.time)},
                                        {"not_after", print_wall_time(record.entry.not_after)},
                                        {"state", state_of(record)},
                                        {"sha256", record.entry.fingerprint}});
  for (const auto& finding : report.findings)
    findings.push_back(json::object{{"what", finding.what}, {"where", finding.where}, {"mend", finding.mend}});
  return json::object{{"certificates", std::move(certificates)},
                      {"log_is_whole", report.findings.empty()},
                      {"findings", std::move(findings)},
                      {"note", report.note}};
}

void print_list(const CommandContext& context, const pki::AuthorityReport& report) {
  Table table({"SERIAL", "USE", "NAME", "ENDS", "STATE"});
  for (const auto& record : report.records)
    table.row({record.entry.serial.substr(0, shown_serial_digits), record.entry.use, record.entry.name,
               print_wall_time(record.entry.not_after), state_of(record)});
  context.out() << table.text();
}

Result<void> run_list(CommandContext& context) {
  TRY(const auto authority, open_authority(context));
  TRY(const auto report, authority.list());
  if (context.json) {
    context.print_json(list_json(report));
    context.exit_code = report.findings.empty() ? 0 : 1;
    return {};
  }
  print_list(context, report);
  if (!report.note.empty()) context.err() << "note: " << report.note << '\n';
  for (const auto& finding : report.findings)
    context.failed(finding);
  return {};
}

/// A file, else a serial number, else a name.
Result<std::vector<crypto::Certificate>> look_up(const CommandContext& context, const std::string& which) {
  std::error_code trouble;
  if (std::filesystem::is_regular_file(which, trouble)) {
    TRY(const auto pem, pki::read_file(which, limits::certificate_file_bytes));
    if (pem.contains("-----BEGIN")) return crypto::read_certificates(pem, which);
    TRY(auto one, crypto::Certificate::from_der(as_bytes(pem), which));
    return std::vector{std::move(one)};
  }
  TRY(const auto authority, open_authority(context));
  if (auto one = authority.find(which)) return std::vector{std::move(*one)};
  auto named = authority.find_name(which);
  if (named) return std::move(*named);
  return fail(fmt::format("'{}' is no file, and no serial number or name of an issued certificate", which),
              (context.site / "pki").string(), "see 'ringwall pki list' for what there is");
}

Result<void> run_show(CommandContext& context, const std::string& which) {
  TRY(const auto certificates, look_up(context, which));
  json::array all;
  for (const auto& certificate : certificates) {
    if (context.json) {
      all.push_back(certificate_json(certificate, wall_now()));
    } else {
      if (&certificate != &certificates.front()) context.out() << '\n';
      print_certificate(context.out(), certificate, wall_now());
    }
  }
  if (context.json) context.print_json(json::object{{"certificates", std::move(all)}});
  return {};
}

/// A command whose work reports its own failure.
template <class Work>
void on_call(CLI::App& command, CommandContext& context, Work work) {
  command.callback([&context, work] {
    if (const auto done = work(); !done) context.failed(done.error());
  });
}

void add_issue(CLI::App& pki, CommandContext& context) {
  auto& command = *pki.add_subcommand("issue", "issue certificates for a name and hand them out with their keys");
  auto options = std::make_shared<IssueOptions>();
  command.add_option("--name", options->name, "host name, such as edge.ringwall.test")->required();
  command.add_option("--out", options->out, "folder for the files")->required();
  command.add_option("--use", options->uses, "server, client, both or phone (default: server and client, one each)");
  command.add_option("--days", options->days, "lifetime")->capture_default_str();
  command.add_option("--key", options->key, "p256, p384, rsa2048, rsa3072, rsa4096 or ed25519")->capture_default_str();
  command.add_flag("--force", options->force, "replace certificates and keys that are there");
  add_common_options(command, context);
  on_call(command, context, [&context, options] { return run_issue(context, *options); });
}

}  // namespace

void add_pki(CLI::App& app, CommandContext& context) {
  auto& pki = *app.add_subcommand("pki", "the certificate authority of the site");
  pki.require_subcommand(1);

  auto& init = *pki.add_subcommand("init", "make the authority: a root and an issuing CA");
  add_common_options(init, context);
  on_call(init, context, [&context] { return run_init(context); });

  add_issue(pki, context);

  auto& list = *pki.add_subcommand("list", "everything that was issued, and whether the issue log is whole");
  add_common_options(list, context);
  on_call(list, context, [&context] { return run_list(context); });

  auto& show = *pki.add_subcommand("show", "explain a certificate: by file, serial number or name");
  auto which = std::make_shared<std::string>();
  show.add_option("which", *which, "FILE, SERIAL or NAME")->required();
  add_common_options(show, context);
  on_call(show, context, [&context, which] { return run_show(context, *which); });
}

}  // namespace ringwall::cli
