#include <CLI/CLI.hpp>

#include "cli/agent.h"
#include "cli/check.h"
#include "cli/clear.h"
#include "cli/console.h"
#include "cli/context.h"
#include "cli/init.h"
#include "cli/phone.h"
#include "cli/pki.h"
#include "cli/recording.h"
#include "cli/run.h"
#include "cli/secret.h"
#include "cli/show.h"
#include "cli/verify.h"

int main(int argc, char** argv) {
  CLI::App app{"Ringwall: a contact centre in which every call is encrypted, and proven so", "ringwall"};
  app.require_subcommand(1);
  app.fallthrough();
  ringwall::cli::CommandContext context;
  app.add_option("--site", context.site, "The site's folder")->capture_default_str();
  app.add_flag("--json", context.json, "Print JSON");
  ringwall::cli::add_init(app, context);
  ringwall::cli::add_check(app, context);
  ringwall::cli::add_run(app, context);
  ringwall::cli::add_verify(app, context);
  ringwall::cli::add_show(app, context);
  ringwall::cli::add_clear(app, context);
  ringwall::cli::add_agent(app, context);
  ringwall::cli::add_pki(app, context);
  ringwall::cli::add_phone(app, context);
  ringwall::cli::add_secrets(app, context);
  ringwall::cli::add_recording(app, context);
  ringwall::cli::add_console(app, context);
  CLI11_PARSE(app, argc, argv);
  return context.exit_code;
}
