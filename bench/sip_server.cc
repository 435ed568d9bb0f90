// The server under test of the benchmarks sip.*: Ringwall's library as every element uses it (runtime::SipHost over
// sip::Endpoint, one signalling thread), with the least that an element can do on top.
//
//   sip_server calls --address IP --certificates DIR --target IP:PORT   a B2BUA: each call in makes a call out to the
//                                                                       target over the same kind of transport, session
//                                                                       descriptions go across unchanged
//   sip_server register --address IP --certificates DIR                 a registrar with digest authentication
//
// Listens on TLS port 5061, and on UDP port 5060 in clear. Runs until SIGTERM.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>

#include <array>
#include <unordered_map>

#include "base/log.h"
#include "crypto/random.h"
#include "runtime/sip_host.h"
#include "sip/auth/digest_server.h"
#include "sip/registrar/registrar.h"

namespace {

using namespace ringwall;

struct Options {
  std::string what, address, certificates, target = "127.0.36.3";
  bool bare_clients = false;
};

runtime::SipHostOptions host_options(const Options& options) {
  runtime::SipHostOptions out;
  out.name = "bench";
  out.address = options.address;
  out.identity = runtime::TlsIdentity::in_folder(options.certificates);
  const runtime::TrustAnchors anchors{{}, options.certificates + "/ca.crt"};
  out.peers.push_back({"uas", {"uas.bench.test"}, anchors});
  out.incoming_anchors.push_back(anchors);
  out.certificate_optional = options.bare_clients;
  out.clear_listeners.push_back({sip::Transport::udp, 5060, "bench"});
  // The load is one source of everything.
  out.sources.never_blocked = {"127.0.0.1", "127.0.36.3"};
  out.allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER";
  return out;
}

/// Two legs for each call; what happens on one is done on the other.
class BackToBack {
 public:
  BackToBack(runtime::SignallingLoop& loop, std::string target) : loop_(loop), target_(std::move(target)) {}
  void use(runtime::SipHost& host) { host_ = &host; }

  void operator()(sip::Event& event) {
    std::visit([this](auto& one) { handle(one); }, event);
  }

 private:
  sip::Endpoint& endpoint() { return host_->endpoint(); }
  sip::LegId other(sip::LegId leg) const {
    const auto at = others_.find(leg);
    return at == others_.end() ? sip::LegId{} : at->second;
  }
  void forget(sip::LegId leg) {
    const auto at = others_.find(leg);
    if (at == others_.end()) return;
    others_.erase(at->second);
    others_.erase(leg);
  }

  void handle(sip::IncomingInvite& invite) {
    sip::Outgoing out;
    const bool tls = invite.flow.transport == sip::Transport::tls;
    out.route = {{}, invite.flow.transport, {target_, static_cast<std::uint16_t>(tls ? 5061 : 5060)}, "uas"};
    out.request_uri = invite.message->request_uri().text;
    out.from = fmt::format("<{}>", invite.message->from().uri.text);
    out.to = fmt::format("<{}>", invite.message->to().uri.text);
    out.body = sip::sdp_body(std::string(invite.message->body()));
    const sip::LegId leg = endpoint().invite(std::move(out), loop_.now());
    others_.emplace(invite.leg, leg);
    others_.emplace(leg, invite.leg);
  }
  void handle(sip::Progress& progress) {
    endpoint().provisional(other(progress.leg), progress.message->status(),
                           sip::sdp_body(std::string(progress.message->body())), loop_.now());
  }
  void handle(sip::Answered& answered) {
    endpoint().accept(other(answered.leg), sip::sdp_body(std::string(answered.message->body())), loop_.now());
    endpoint().ack(answered.leg, {}, loop_.now());
  }
  void handle(sip::Refused& refused) {
    endpoint().reject(other(refused.leg), {.status = refused.status}, loop_.now());
    forget(refused.leg);
  }
  void handle(sip::Ended& ended) {
    endpoint().hang_up(other(ended.leg), loop_.now());
    forget(ended.leg);
  }
  void handle(sip::IncomingRequest& request) { endpoint().respond(request.id, {.status = 200}, loop_.now()); }
  void handle(const auto&) {}

  runtime::SignallingLoop& loop_;
  std::string target_;
  runtime::SipHost* host_ = nullptr;
  std::unordered_map<sip::LegId, sip::LegId> others_;
};

/// A registrar that challenges each REGISTER without credentials. It knows every user, with one password.
class Registration {
 public:
  explicit Registration(runtime::SignallingLoop& loop) : loop_(loop), digest_("bench.test", crypto::random_key(32)) {}
  void use(runtime::SipHost& host) { host_ = &host; }

  void operator()(sip::Event& event) {
    auto* request = std::get_if<sip::IncomingRequest>(&event);
    if (request == nullptr) return;
    const Time now = loop_.now();
    host_->endpoint().respond(request->id, answer(*request, now), now);
  }

 private:
  static constexpr std::array algorithms{crypto::DigestAlgorithm::sha_256};

  sip::Answer answer(const sip::IncomingRequest& request, Time now) {
    const auto verdict =
        digest_.verify(*request.message, algorithms, [this](std::string_view user) { return account_of(user); }, now);
    if (verdict.kind == sip::DigestVerdict::Kind::refused) return {.status = 403};
    if (verdict.kind != sip::DigestVerdict::Kind::ok)
      return {.status = 401,
              .headers = digest_.challenge(algorithms, verdict.kind == sip::DigestVerdict::Kind::stale, now)};
    const sip::Uri& line = request.message->to().uri;
    auto outcome = registrar_.process(*request.message, request.flow, fmt::format("{}@{}", line.user, line.host), now);
    return {.status = outcome.status, .reason = std::move(outcome.reason), .headers = std::move(outcome.headers)};
  }
  /// Made anew for each request, as the peer makes it from the password in its configuration.
  const sip::DigestAccount* account_of(std::string_view user) {
    account_.user = user;
    account_.realm = digest_.realm();
    account_.a1.at(static_cast<std::size_t>(crypto::DigestAlgorithm::sha_256)) =
        crypto::digest_a1(crypto::DigestAlgorithm::sha_256, account_.user, account_.realm, "spring-gate");
    return &account_;
  }

  runtime::SignallingLoop& loop_;
  sip::DigestServer digest_;
  sip::Registrar registrar_;
  sip::DigestAccount account_;
  runtime::SipHost* host_ = nullptr;
};

template <class Service>
Result<> serve(const Options& options, runtime::SignallingLoop& loop, Service& service) {
  TRY(auto host, runtime::SipHost::create(loop, host_options(options), [&](sip::Event event) { service(event); }));
  service.use(*host);
  loop.on_signal(SIGTERM, [&] { loop.stop(); });
  fmt::print("ready\n");
  std::fflush(stdout);
  loop.run();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Ringwall's SIP library as a server, for benchmarks");
  app.add_option("what", options.what)->required()->check(CLI::IsMember({"calls", "register"}));
  app.add_option("--address", options.address)->required();
  app.add_option("--certificates", options.certificates)->required();
  app.add_option("--target", options.target, "address of the called side, ports 5061 (TLS) and 5060 (UDP)");
  app.add_flag("--bare-clients", options.bare_clients, "clients need no certificate");
  CLI11_PARSE(app, argc, argv);
  log::set_level(log::Level::warning);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  runtime::SignallingLoop loop;
  BackToBack calls(loop, options.target);
  Registration registration(loop);
  const auto done = options.what == "calls" ? serve(options, loop, calls) : serve(options, loop, registration);
  if (!done) {
    fmt::print(stderr, "sip_server: {}\n", done.error().text());
    return 1;
  }
  return 0;
}
