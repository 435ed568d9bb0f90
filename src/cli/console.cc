#include "cli/console.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <iostream>

#include "base/text.h"
#include "cli/clear.h"
#include "cli/context.h"
#include "cli/json_text.h"
#include "cli/show_tables.h"
#include "desktop/control_client.h"

namespace ringwall::cli {
namespace {

using boost::json::value;

/// `show open ports regexp 5090`: the sockets whose line holds the text, after the line the article prints.
std::string print_open_ports(const value& answer, std::string_view wanted) {
  std::string out = "Executing.. please wait.\n";
  for (const value& port : list_of(answer, "ports")) {
    const std::string line = fmt::format("ringwall {} {} {} ({})", text_of(port, "element"), text_of(port, "transport"),
                                         text_of(port, "address"), text_of(port, "state"));
    if (line.find(wanted) != std::string::npos) out += line + "\n";
  }
  return out;
}

/// A sentence of the replaced systems, and the table that answers it.
struct Sentence {
  std::string_view begins;
  std::string_view path;
  std::string (*print)(const value&, std::string_view rest);
};

constexpr Sentence sentences[] = {
    {"show sip-ua connections tcp tls", "/v1/connections",
     [](const value& v, std::string_view) { return print_connections(v); }},
    {"show call active voice", "/v1/calls", [](const value& v, std::string_view) { return print_calls(v); }},
    {"show open ports regexp", "/v1/ports", print_open_ports},
    {"show connections", "/v1/connections", [](const value& v, std::string_view) { return print_connections(v); }},
    {"show calls", "/v1/calls", [](const value& v, std::string_view) { return print_calls(v); }},
    {"show registrations", "/v1/registrations",
     [](const value& v, std::string_view) { return print_registrations(v); }},
    {"show certificates", "/v1/certificates", [](const value& v, std::string_view) { return print_certificates(v); }},
    {"show trunks", "/v1/trunks", [](const value& v, std::string_view) { return print_trunks(v); }},
    {"show server-group", "/v1/trunks", [](const value& v, std::string_view) { return print_trunks(v); }},
    {"show agents", "/v1/agents", [](const value& v, std::string_view) { return print_agents(v); }},
    {"show queues", "/v1/queues", [](const value& v, std::string_view) { return print_queues(v); }},
    {"show waivers", "/v1/waivers", [](const value& v, std::string_view) { return print_waivers(v); }},
    {"show refusals", "/v1/refusals", [](const value& v, std::string_view) { return print_refusals(v); }},
    {"show ports", "/v1/ports", [](const value& v, std::string_view) { return print_ports(v); }},
};

/// One space between words, none around them.
std::string normalized(std::string_view line) {
  std::string out;
  for (const std::string_view word : split(trim(line), ' '))
    if (!word.empty()) out += (out.empty() ? "" : " ") + std::string(word);
  return out;
}

constexpr std::string_view clear_block = "clear block ";

Result<> answer(CommandContext& context, const std::string& line) {
  if (line.starts_with(clear_block)) return end_block(context, line.substr(clear_block.size()));
  for (const Sentence& sentence : sentences) {
    if (!line.starts_with(sentence.begins)) continue;
    TRY(const value v, desktop::ControlClient(context.site).call("GET", sentence.path));
    if (context.json)
      context.print_json(v);
    else
      context.out() << sentence.print(v, trim(std::string_view(line).substr(sentence.begins.size())));
    return {};
  }
  return fail("'" + line + "' is not understood", "console", "type 'help' for the sentences that are");
}

void help(CommandContext& context) {
  for (const Sentence& sentence : sentences)
    context.out() << "  " << sentence.begins << "\n";
  context.out() << "  " << clear_block << "ADDRESS\n  help\n  exit\n";
}

void prompt(CommandContext& context) {
  std::string line;
  while (context.out() << "ringwall> " << std::flush && std::getline(std::cin, line)) {
    line = normalized(line);
    if (line == "exit" || line == "quit") return;
    if (line.empty()) continue;
    if (line == "help" || line == "?") {
      help(context);
      continue;
    }
    if (const auto done = answer(context, line); !done) context.err() << done.error().text() << "\n";
  }
}

}  // namespace

void add_console(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("console", "Understands the words of the systems that Ringwall replaces");
  auto sentence = std::make_shared<std::string>();
  command->add_option("SENTENCE", *sentence, "One sentence; without it, a prompt");
  command->callback([&context, sentence] {
    if (sentence->empty()) {
      prompt(context);
    } else if (const std::string words = normalized(*sentence); words == "help" || words == "?") {
      help(context);
    } else if (const auto done = answer(context, normalized(*sentence)); !done) {
      context.failed(done.error());
    }
  });
}

}  // namespace ringwall::cli
