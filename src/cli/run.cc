#include "cli/run.h"

#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/context.h"
#include "cli/site_process.h"

namespace ringwall::cli {
namespace {

void run(CommandContext& context, const RunOptions& options, bool debug) {
  if (debug) log::set_level(log::Level::debug);
  auto process = SiteProcess::start(options);
  if (!process) {
    context.failed(process.error());
    return;
  }
  sd_notify(0, "READY=1");
  log::info("site", "{} runs; ask it with 'ringwall show calls --site {}'", (*process)->site().name,
            options.site.string());
  (*process)->run();
  sd_notify(0, "STOPPING=1");
}

}  // namespace

void add_run(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("run", "Run the site in the foreground");
  auto options = std::make_shared<RunOptions>();
  auto debug = std::make_shared<bool>(false);
  auto drain = std::make_shared<unsigned>(300);
  command->add_option("--element", options->elements, "Run only this element (may be repeated)");
  command->add_option("--drain-seconds", *drain, "How long running calls may last after SIGTERM")
      ->capture_default_str();
  command->add_flag("--debug", *debug, "Log more");
  command->add_flag("--debug-key-log", options->debug_key_log,
                    "Append TLS session keys to the file named by SSLKEYLOGFILE");
  command->callback([&context, options, debug, drain] {
    options->site = context.site;
    options->drain_time = std::chrono::seconds(*drain);
    run(context, *options, *debug);
  });
}

}  // namespace ringwall::cli
