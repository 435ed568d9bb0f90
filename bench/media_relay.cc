// CPU of the media plane, 20 ms of G.711, both directions:
//
//   media_relay relay [--calls N] [--seconds S] [--server-cpu C] [--generator-cpu C]
//       us per relayed packet: SRTP -> SRTP with different suites on the two sides
//   media_relay clear ...       the same in plain RTP
//   media_relay prompt ...      ms per call and second: N callers who hear a prompt over SRTP, and send
//   media_relay relay|clear --ng PORT --process PID ...      the same calls through a running rtpengine
//
// Without --ng this process is the server: a MediaEngine with one thread, pinned. A forked child on the other processor
// is the generator. Prints one JSON object. Bounded in time: S seconds and a second of warm-up.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <memory>
#include <vector>

#include "ng_client.h"
#include "processor_time.h"
#include "relay_generator.h"
#include "runtime/media_engine.h"

namespace {

using namespace ringwall;
using namespace ringwall::bench;

struct Options {
  std::string mode = "relay";
  std::size_t calls = 300;
  unsigned seconds = 5;
  int server_cpu = 0, generator_cpu = 1;
  std::uint16_t ng_port = 0;
  int process = 0;  ///< of the relay; 0: this one

  [[nodiscard]] bool relayed() const { return mode != "prompt"; }
};

void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void pin_or_say(int processor) {
  if (!pin(processor)) fmt::print(stderr, "cannot pin to processor {}\n", processor);
}

/// What serves the sides: our media engine, or the peer.
class Server {
 public:
  virtual ~Server() = default;
  /// One call: two sides that are relayed, or one that hears a prompt.
  virtual Result<std::vector<RelaySide>> call(const std::vector<std::uint16_t>& ports) = 0;
};

class OwnServer final : public Server {
 public:
  explicit OwnServer(const Options& options) : options_(options) {}

  Result<std::vector<RelaySide>> call(const std::vector<std::uint16_t>& ports) override {
    std::vector<media::LegId> legs;
    std::vector<RelaySide> sides;
    for (const std::uint16_t port : ports) {
      TRY(const auto opened, engine_.open("127.0.0.1", 2'000, 31'999, legs.empty() ? media::LegId{} : legs[0]));
      legs.push_back(opened.leg);
      RelaySide& side = sides.emplace_back(RelaySide{.port = opened.address.port});
      TRY_VOID(engine_.configure(opened.leg, parameters(made_++, port, side)));
    }
    if (legs.size() == 2)
      engine_.relay(legs[0], legs[1]);
    else
      engine_.play(legs[0], {.clips = {prompt_}, .loop = true});
    return sides;
  }

 private:
  media::LegParameters parameters(std::size_t index, std::uint16_t port, RelaySide& side) const {
    media::LegParameters leg;
    leg.remote = {"127.0.0.1", port};
    if (options_.mode == "clear") {
      leg.security = std::string("benchmark");
      return leg;
    }
    const Secret key(Buffer(media::lengths(suite_of(index)).key_and_salt(), 0x32));
    std::ranges::copy(key.reveal(), side.key.begin());
    leg.security = media::SrtpKeys{suite_of(index), key, generator_key(index)};
    return leg;
  }

  /// Ten seconds that are not silence.
  static media::Pcm make_prompt() {
    std::vector<std::int16_t> samples(80'000);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = static_cast<std::int16_t>((i * 7919) % 16'384) - 8'192;
    return std::make_shared<const std::vector<std::int16_t>>(std::move(samples));
  }

  const Options& options_;
  std::size_t made_ = 0;
  media::Pcm prompt_ = make_prompt();
  runtime::MediaEngine engine_{{.threads = 1}, [](std::function<void()>) {}, [](const media::Event&) {}};
};

class Rtpengine final : public Server {
 public:
  Rtpengine(NgClient client, bool encrypted) : client_(std::move(client)), encrypted_(encrypted) {}
  Result<std::vector<RelaySide>> call(const std::vector<std::uint16_t>& ports) override {
    TRY(const auto made, client_.call(ports.at(0), ports.at(1), encrypted_));
    return std::vector{made.left, made.right};
  }

 private:
  NgClient client_;
  bool encrypted_;
};

Result<std::unique_ptr<Server>> make_server(const Options& options) {
  if (options.ng_port == 0) return std::make_unique<OwnServer>(options);
  TRY(NgClient client, NgClient::connect(options.ng_port));
  return std::make_unique<Rtpengine>(std::move(client), options.mode != "clear");
}

template <class Value>
Result<Value> read_value(int in) {
  Value value{};
  if (::read(in, &value, sizeof value) != sizeof value) return fail("the generator is gone");
  return value;
}

struct Used {
  double cpu_us = 0, wall_us = 0, kb = 0;
};

void print(const Options& options, const Totals& totals, const Used& used) {
  const auto received = static_cast<double>(totals.received);
  // Of a prompt nobody counts what leaves: it should be 50 packets a second for each caller.
  const double expected = options.relayed() ? static_cast<double>(totals.sent)
                                            : 50.0 * static_cast<double>(options.calls) * options.seconds;
  const double unit =
      options.relayed() ? std::max(received, 1.0) : 1000.0 * static_cast<double>(options.calls) * used.wall_us / 1e6;
  fmt::print(
      "{{\"value\":{:.3f},\"load\":{:.3f},\"loss\":{:.6f},\"packets\":{},\"packets_per_second\":{:.0f},\"bad\":{},"
      "\"p50_ms\":{:.3f},\"p99_ms\":{:.3f},\"calls\":{},\"kb_per_call\":{:.1f},\"suites\":\"{}\"}}\n",
      used.cpu_us / unit, used.cpu_us / used.wall_us, std::max(expected - received, 0.0) / std::max(expected, 1.0),
      totals.received, received / options.seconds, totals.bad, totals.p50_ms, totals.p99_ms, options.calls,
      used.kb / static_cast<double>(options.calls - 1),
      options.mode == "clear" ? "RTP" : fmt::format("{} / {}", media::print(left_suite), media::print(right_suite)));
}

Result<> serve(const Options& options, int in, int out) {
  const int process = options.process != 0 ? options.process : ::getpid();
  if (options.process == 0) pin_or_say(options.server_cpu);
  TRY(const auto server, make_server(options));
  double memory_before = 0;
  std::vector<RelaySide> sides;
  for (std::size_t call = 0; call < options.calls; ++call) {
    std::vector<std::uint16_t> ports(options.relayed() ? 2 : 1);
    for (std::uint16_t& port : ports) {
      TRY(port, read_value<std::uint16_t>(in));
    }
    TRY(const auto made, server->call(ports));
    sides.insert(sides.end(), made.begin(), made.end());
    if (call == 0) memory_before = allocated_kb(process);  // what the first one sets up for all is not counted
  }
  for (const RelaySide& side : sides)
    (void)!::write(out, &side, sizeof side);
  TRY_VOID(read_value<char>(in));
  Used used{.kb = allocated_kb(process) - memory_before};
  const double cpu_before = processor_time(process).all_us;
  const auto begin = Clock::now();
  TRY(const Totals totals, read_value<Totals>(in));
  used.cpu_us = processor_time(process).all_us - cpu_before;
  used.wall_us = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  print(options, totals, used);
  if (totals.received == 0 || totals.bad > 0)
    return fail(fmt::format("{} packets came back, {} of them bad", totals.received, totals.bad));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("CPU of the media plane");
  app.add_option("mode", options.mode)->check(CLI::IsMember({"relay", "clear", "prompt"}));
  app.add_option("--calls", options.calls)->check(CLI::Range(2, 5'000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 120));
  app.add_option("--server-cpu", options.server_cpu);
  app.add_option("--generator-cpu", options.generator_cpu);
  auto* ng = app.add_option("--ng", options.ng_port, "rtpengine's control port on 127.0.0.1");
  app.add_option("--process", options.process, "rtpengine's process")->needs(ng);
  CLI11_PARSE(app, argc, argv);
  raise_file_limit();
  int to_child[2], to_parent[2];
  if (::pipe(to_child) != 0 || ::pipe(to_parent) != 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(to_child[1]);
    ::close(to_parent[0]);
    pin_or_say(options.generator_cpu);
    const Load load{.sides = options.relayed() ? options.calls * 2 : options.calls,
                    .encrypted = options.mode != "clear",
                    .relayed = options.relayed(),
                    .time = std::chrono::seconds(options.seconds)};
    _exit(generate(load, to_child[0], to_parent[1]));
  }
  ::close(to_child[0]);
  ::close(to_parent[1]);
  const auto served = serve(options, to_parent[0], to_child[1]);
  if (!served) fmt::print(stderr, "media_relay: {}\n", served.error().text());
  ::close(to_child[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return served && WEXITSTATUS(status) == 0 ? 0 : 1;
}
