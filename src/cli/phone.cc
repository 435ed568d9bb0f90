#include "cli/phone.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "base/log.h"
#include "cli/context.h"
#include "cli/phone_script.h"

namespace ringwall::cli {

void add_phone(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("phone", "A scripted phone: register, call, answer, play, record, report");
  auto script = std::make_shared<PhoneScript>();
  PhoneScript& s = *script;
  command
      ->add_option("--identity", s.identity, "Folder with client.crt, client.key, server.crt, server.key, anchors.pem")
      ->required();
  command->add_option("--address", s.address, "Our IP address")->required();
  command->add_option("--server", s.server, "Registrar or edge, IP:PORT")->required();
  command->add_option("--server-name", s.server_name, "The name its certificate must be for")->required();
  command->add_option("--user", s.user, "Our number")->capture_default_str();
  command->add_option("--domain", s.domain, "Our SIP domain")->capture_default_str();
  command->add_flag("--register", s.do_register, "Register first");
  command->add_option("--call", s.number, "Call this number");
  command->add_flag("--answer", s.answer, "Wait for a call and answer it");
  command->add_option("--answer-after", s.answer_after_s, "Let it ring so many seconds")->capture_default_str();
  command->add_option("--play", s.play, "WAV file to play once the call is up");
  command->add_option("--tone", s.tone_hz, "Send a tone of so many Hz");
  command->add_option("--record", s.record, "WAV file for what was heard");
  command->add_option("--digits", s.digits, "Digits to send (RFC 4733)");
  command->add_option("--digits-after", s.digits_after_s, "Seconds after the call is up")->capture_default_str();
  command->add_option("--seconds", s.seconds, "Hang up after so many seconds of call")->capture_default_str();
  command->add_option("--wait", s.wait_s, "Give up when nothing happens for so long")->capture_default_str();
  command->add_option("--suite", s.suites, "SRTP suites to offer, in order (default: all)");
  command->add_option("--codec", s.codecs, "Codecs to offer and take, in order (default: PCMU, PCMA)")
      ->check(CLI::IsMember({"opus", "G722", "PCMU", "PCMA", "L16", "CN"}));
  command->add_flag("--dtls", s.dtls, "Agree on keys by DTLS-SRTP, not by SDES");
  command->add_option("--ice", s.ice, "Find the peer by connectivity checks: off, lite (answer them), full")
      ->check(CLI::IsMember({"off", "lite", "full"}))
      ->capture_default_str();
  command->callback([&context, script] {
    log::set_level(log::Level::warning);
    const auto facts = run_phone(*script);
    if (!facts) {
      context.failed(facts.error());
      return;
    }
    if (context.json)
      context.print_json(facts->json);
    else
      context.out() << facts->text;
    if (!facts->succeeded) context.exit_code = 1;
  });
}

}  // namespace ringwall::cli
