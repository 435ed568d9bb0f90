#include "cli/check.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/time.h"
#include "cli/context.h"
#include "policy/site.h"
#include "policy/waivers.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;

json::array to_json(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::array findings_as_json(const policy::Loaded& loaded) {
  json::array out;
  for (const policy::Finding& finding : loaded.findings)
    out.push_back({{"severity", finding.severity == policy::Severity::error ? "error" : "warning"},
                   {"file", finding.file},
                   {"line", finding.line},
                   {"column", finding.column},
                   {"what", finding.what},
                   {"mend", finding.mend}});
  return out;
}

json::array waivers_as_json(const std::vector<policy::WaiverView>& waivers) {
  json::array out;
  for (const policy::WaiverView& waiver : waivers)
    out.push_back({{"name", waiver.name},
                   {"reason", waiver.reason},
                   {"until", print_wall_time(waiver.until)},
                   {"active", waiver.active},
                   {"used_by", to_json(waiver.used_by)}});
  return out;
}

void print_text(std::ostream& out, const policy::Loaded& loaded, const std::vector<policy::WaiverView>& waivers) {
  for (const policy::Finding& finding : loaded.findings)
    out << (finding.severity == policy::Severity::warning ? "warning: " : "") << finding.text() << '\n';
  for (const policy::WaiverView& waiver : waivers)
    out << fmt::format(
        "waiver {}: {} {}, {} ({})\n", waiver.name, waiver.active ? "holds until" : "ended at",
        print_wall_time(waiver.until),
        waiver.used_by.empty() ? "used by nothing" : fmt::format("used by {}", fmt::join(waiver.used_by, ", ")),
        waiver.reason);
  if (loaded.findings.empty())
    out << "the configuration is good\n";
  else
    out << fmt::format("{} finding{}\n", loaded.findings.size(), loaded.findings.size() == 1 ? "" : "s");
}

void check(CommandContext& context) {
  const WallTime now = wall_now();
  const policy::Loaded loaded = policy::load(context.site, now);
  const auto waivers = policy::list_waivers(loaded.site, now);
  if (context.json)
    context.print_json({{"good", loaded.findings.empty()},
                        {"usable", loaded.usable()},
                        {"findings", findings_as_json(loaded)},
                        {"waivers", waivers_as_json(waivers)}});
  else
    print_text(context.out(), loaded, waivers);
  if (!loaded.findings.empty()) context.exit_code = 1;
}

}  // namespace

void add_check(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("check", "Say what is wrong in the configuration, where, and how to mend it");
  command->callback([&context] { check(context); });
}

}  // namespace ringwall::cli
