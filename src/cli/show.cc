#include "cli/show.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include "cli/context.h"
#include "cli/show_tables.h"
#include "desktop/control_client.h"

namespace ringwall::cli {
namespace {

struct Noun {
  const char* name;
  const char* help;
  std::string (*print)(const boost::json::value&);
};

constexpr Noun nouns[] = {
    {"connections", "TLS and other connections of every element, and the handshakes that failed", print_connections},
    {"calls", "Live calls, leg by leg, with what protects their audio", print_calls},
    {"registrations", "Registered phones", print_registrations},
    {"certificates", "The site's certificates and their expiry", print_certificates},
    {"trunks", "Trunks and server groups: connections, members and their states", print_trunks},
    {"agents", "Agents and their states", print_agents},
    {"queues", "Skill groups: who waits, who talks", print_queues},
    {"waivers", "Permissions for clear legs, with their end dates", print_waivers},
    {"refusals", "The last refused calls and requests, and why", print_refusals},
    {"ports", "Listening sockets", print_ports},
};

void show(CommandContext& context, const Noun& noun) {
  const desktop::ControlClient client(context.site);
  const auto answer = client.call("GET", std::string("/v1/") + noun.name);
  if (!answer) {
    context.failed(answer.error());
    return;
  }
  if (context.json)
    context.print_json(*answer);
  else
    context.out() << noun.print(*answer);
}

}  // namespace

void add_show(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("show", "Live tables of a running site");
  command->require_subcommand(1);
  for (const Noun& noun : nouns)
    command->add_subcommand(noun.name, noun.help)->callback([&context, &noun] { show(context, noun); });
}

}  // namespace ringwall::cli
