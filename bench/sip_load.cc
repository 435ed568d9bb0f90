// The load of the benchmarks sip.*: calls, registrations, handshakes and resting connections against one SIP server,
// with its own called side, in one thread. Uses OpenSSL and sockets alone, nothing of the library that is measured.
//
//   sip_load calls|register|bind|handshakes|rest --server IP:PORT --process PID [--transport tls] ...
//
// Prints one JSON object: what became of the load, and what processor time (user and system) the server's process and
// its children used for one unit, or what memory.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>

#include "sip_generator/calls.h"
#include "sip_generator/connections.h"
#include "sip_generator/registrations.h"

namespace {

using namespace ringwall;
using namespace ringwall::bench;

NetAddress address(const std::string& text) {
  auto parsed = parse_net_address(text);
  if (!parsed) throw CLI::ValidationError("address", parsed.error().text());
  return *parsed;
}

Tally run(const std::string& what, const LoadOptions& options, const Credentials& answerer) {
  Reactor reactor;
  const bool tls = options.transport == "tls";
  const SslContext client = tls ? make_context(false, options.credentials) : SslContext(nullptr, SSL_CTX_free);
  if (what == "calls") {
    const SslContext server = tls ? make_context(true, answerer) : SslContext(nullptr, SSL_CTX_free);
    return Caller(reactor, options, client.get(), server.get()).run();
  }
  if (what == "register") return Registrations(reactor, options, client.get()).refresh();
  if (what == "bind") return Registrations(reactor, options, client.get()).bind();
  if (what == "handshakes") return Connections(reactor, options, client.get()).handshakes();
  return Connections(reactor, options, client.get()).rest();
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options;
  Credentials answerer;
  std::string what, server, called = "127.0.36.3:5061", folder;
  bool bare = false;
  CLI::App app("Load for one SIP server");
  app.add_option("what", what)->required()->check(CLI::IsMember({"calls", "register", "bind", "handshakes", "rest"}));
  app.add_option("--server", server, "where it listens")->required();
  app.add_option("--process", options.process, "what is measured, with its children")->required();
  app.add_option("--answerer", called, "where the called side listens");
  app.add_option("--certificates", folder, "folder with load.crt, load.key, uas.crt, uas.key, ca.crt")->required();
  app.add_option("--transport", options.transport)->check(CLI::IsMember({"tls", "tcp", "udp"}));
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 20'000));
  app.add_option("--count", options.count, "units that count")->check(CLI::Range(1, 1'000'000));
  app.add_option("--warm-up", options.warm_up, "units before them")->check(CLI::Range(0, 100'000));
  app.add_option("--rate", options.rate, "new units a second")->check(CLI::Range(1.0, 20'000.0));
  app.add_option("--in-flight", options.in_flight, "handshakes at once")->check(CLI::Range(1, 1'000));
  app.add_flag("--resume", options.resume, "offer the tickets of earlier handshakes");
  app.add_flag("--bare", bare, "show no client certificate");
  try {
    app.parse(argc, argv);
    options.server = address(server);
    options.answerer = address(called);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  options.credentials = {folder + "/load.crt", folder + "/load.key", folder + "/ca.crt"};
  if (bare) options.credentials.certificate.clear();
  answerer = {folder + "/uas.crt", folder + "/uas.key", folder + "/ca.crt"};
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  run(what, options, answerer).print(what);
  return 0;
}
