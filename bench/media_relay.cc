// CPU per relayed packet: SRTP -> SRTP with different suites on the two sides, both directions, 20 ms of G.711.
//
//   media_relay [--calls N] [--seconds S] [--server-cpu C] [--generator-cpu C]
//   media_relay --ng PORT --process PID ...      the same calls through a running rtpengine
//
// Without --ng this process is the relay: a MediaEngine with one thread, pinned. A forked child on the other processor
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
  std::size_t calls = 300;
  unsigned seconds = 5;
  int server_cpu = 0, generator_cpu = 1;
  std::uint16_t ng_port = 0;
  int process = 0;  ///< of the relay; 0: this one
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

/// What relays the calls: our media engine, or the peer.
class Relay {
 public:
  virtual ~Relay() = default;
  virtual Result<std::array<RelaySide, 2>> call(std::uint16_t left_port, std::uint16_t right_port) = 0;
};

class OwnRelay final : public Relay {
 public:
  Result<std::array<RelaySide, 2>> call(std::uint16_t left_port, std::uint16_t right_port) override {
    std::array<media::LegId, 2> legs;
    std::array<RelaySide, 2> sides;
    for (std::size_t side = 0; side < 2; ++side) {
      TRY(const auto opened, engine_.open("127.0.0.1", 2'000, 31'999, legs[0]));
      legs[side] = opened.leg;
      sides[side].port = opened.address.port;
      const Secret key(Buffer(media::lengths(suite_of(side)).key_and_salt(), 0x32));
      std::ranges::copy(key.reveal(), sides[side].key.begin());
      media::LegParameters leg;
      leg.remote = {"127.0.0.1", side == 0 ? left_port : right_port};
      leg.security = media::SrtpKeys{suite_of(side), key, generator_key(side)};
      TRY_VOID(engine_.configure(opened.leg, std::move(leg)));
    }
    engine_.relay(legs[0], legs[1]);
    return sides;
  }

 private:
  runtime::MediaEngine engine_{{.threads = 1}, [](std::function<void()>) {}, [](const media::Event&) {}};
};

class Rtpengine final : public Relay {
 public:
  explicit Rtpengine(NgClient client) : client_(std::move(client)) {}
  Result<std::array<RelaySide, 2>> call(std::uint16_t left_port, std::uint16_t right_port) override {
    TRY(const auto made, client_.call(left_port, right_port));
    return std::array{made.left, made.right};
  }

 private:
  NgClient client_;
};

Result<std::unique_ptr<Relay>> make_relay(const Options& options) {
  if (options.ng_port == 0) return std::make_unique<OwnRelay>();
  TRY(NgClient client, NgClient::connect(options.ng_port));
  return std::make_unique<Rtpengine>(std::move(client));
}

template <class Value>
Result<Value> read_value(int in) {
  Value value{};
  if (::read(in, &value, sizeof value) != sizeof value) return fail("the generator is gone");
  return value;
}

void print(const Options& options, const Totals& totals, double cpu_us, double wall_us, double kb) {
  const auto received = static_cast<double>(totals.received), sent = static_cast<double>(totals.sent);
  fmt::print(
      "{{\"value\":{:.3f},\"load\":{:.3f},\"loss\":{:.6f},\"packets\":{},\"packets_per_second\":{:.0f},\"bad\":{},"
      "\"p50_ms\":{:.3f},\"p99_ms\":{:.3f},\"calls\":{},\"kb_per_call\":{:.1f},\"suites\":\"{} / {}\"}}\n",
      cpu_us / std::max(received, 1.0), cpu_us / wall_us, std::max(sent - received, 0.0) / std::max(sent, 1.0),
      totals.received, received / options.seconds, totals.bad, totals.p50_ms, totals.p99_ms, options.calls,
      kb / static_cast<double>(options.calls - 1), media::print(left_suite), media::print(right_suite));
}

Result<> serve(const Options& options, int in, int out) {
  const int process = options.process != 0 ? options.process : ::getpid();
  if (options.process == 0) pin_or_say(options.server_cpu);
  TRY(const auto relay, make_relay(options));
  double memory_before = 0;
  std::vector<RelaySide> sides;
  for (std::size_t call = 0; call < options.calls; ++call) {
    TRY(const auto left, read_value<std::uint16_t>(in));
    TRY(const auto right, read_value<std::uint16_t>(in));
    TRY(const auto made, relay->call(left, right));
    sides.insert(sides.end(), made.begin(), made.end());
    if (call == 0) memory_before = allocated_kb(process);  // what the first one sets up for all is not counted
  }
  for (const RelaySide& side : sides)
    (void)!::write(out, &side, sizeof side);
  TRY_VOID(read_value<char>(in));
  const double memory = allocated_kb(process) - memory_before, cpu_before = processor_time(process).all_us;
  const auto begin = Clock::now();
  TRY(const Totals totals, read_value<Totals>(in));
  const double cpu = processor_time(process).all_us - cpu_before;
  print(options, totals, cpu, std::chrono::duration<double, std::micro>(Clock::now() - begin).count(), memory);
  if (totals.received == 0 || totals.bad > 0)
    return fail(fmt::format("{} packets came back, {} of them bad", totals.received, totals.bad));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("CPU per relayed SRTP packet");
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
    _exit(generate(options.calls, std::chrono::seconds(options.seconds), to_child[0], to_parent[1]));
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
