// CPU per relayed packet: SRTP -> SRTP with different suites on the two sides, both directions, 20 ms of G.711.
//
//   media_relay [--calls N] [--seconds S] [--server-cpu C] [--generator-cpu C]
//
// This process is the server: a MediaEngine with one thread, pinned. A forked child on the other processor is the
// generator: for every call two sockets, each sending 50 packets a second and checking every packet that comes back.
// Prints one JSON object. Bounded in time: S seconds and a second of warm-up.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "media/srtp/srtp_session.h"
#include "runtime/media_engine.h"

namespace {

using namespace ringwall;
using namespace ringwall::media;
using namespace std::chrono_literals;

constexpr Suite left_suite = Suite::aes_cm_128_hmac_sha1_80, right_suite = Suite::aead_aes_256_gcm;
constexpr std::size_t plain_size = rtp_fixed_header + 160;

struct Options {
  std::size_t calls = 300;
  unsigned seconds = 5;
  int server_cpu = 0, generator_cpu = 1;
};

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) fmt::print(stderr, "cannot pin to processor {}\n", cpu);
}

void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Secret key_for(Suite suite, bool from_generator) {
  return Secret(Buffer(lengths(suite).key_and_salt(), from_generator ? 0x31 : 0x32));
}

/// One phone of the generator: side 2n calls, side 2n+1 answers.
struct Side {
  int fd = -1;
  std::uint16_t port = 0, sequence = 0;
  std::unique_ptr<SrtpSender> sender;
  std::unique_ptr<SrtpReceiver> receiver;
};

Side make_side(std::size_t index) {
  Side side;
  const Suite suite = index % 2 == 0 ? left_suite : right_suite;
  side.sender = std::make_unique<SrtpSender>(suite, key_for(suite, true).reveal());
  side.receiver = std::make_unique<SrtpReceiver>(suite, key_for(suite, false).reveal());
  side.fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof local;
  if (side.fd < 0 || ::bind(side.fd, reinterpret_cast<sockaddr*>(&local), size) != 0) {
    fmt::print(stderr, "media_relay: cannot open generator socket {}\n", index);
    std::exit(1);
  }
  getsockname(side.fd, reinterpret_cast<sockaddr*>(&local), &size);
  side.port = ntohs(local.sin_port);
  return side;
}

struct Totals {
  std::uint64_t sent = 0, received = 0, bad = 0;
  double p50_ms = 0, p99_ms = 0;
};

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
}

class Generator {
 public:
  Generator(std::vector<Side>& sides, const std::vector<std::uint16_t>& server_ports) : sides_(sides) {
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      sockaddr_in server{};
      server.sin_family = AF_INET;
      server.sin_port = htons(server_ports[i]);
      server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      ::connect(sides_[i].fd, reinterpret_cast<sockaddr*>(&server), sizeof server);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, sides_[i].fd, &event);
    }
  }

  /// Sends evenly spread over every 20 ms and reads in between.
  Totals run(Duration time) {
    totals_ = {};
    delays_.clear();
    const auto begin = Clock::now();
    const double per_second = 50.0 * static_cast<double>(sides_.size());
    while (true) {
      const auto passed = Clock::now() - begin;
      if (passed >= time) break;
      const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(passed).count() * per_second);
      while (totals_.sent < due)
        send(sides_[totals_.sent % sides_.size()]);
      receive(0);
    }
    for (int i = 0; i < 100; ++i)
      receive(2);
    std::ranges::sort(delays_);
    if (!delays_.empty()) {
      totals_.p50_ms = delays_[delays_.size() / 2];
      totals_.p99_ms = delays_[delays_.size() * 99 / 100];
    }
    return totals_;
  }

 private:
  void send(Side& side) {
    std::array<std::uint8_t, plain_size + srtp_expansion> packet{};
    const RtpHeader header{
        .payload_type = 0, .sequence = side.sequence, .timestamp = side.sequence * 160u, .ssrc = side.port};
    ++side.sequence;
    write_rtp_header(packet, header);
    ByteWriter stamp;
    stamp.u64(now_ns());
    std::ranges::copy(stamp.buffer(), packet.begin() + rtp_fixed_header);
    const auto sealed = side.sender->protect_rtp(packet, plain_size, header);
    (void)!::send(side.fd, packet.data(), sealed.size, 0);
    ++totals_.sent;
  }

  void receive(int timeout_ms) {
    std::array<epoll_event, 128> ready;
    const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), timeout_ms);
    std::array<std::uint8_t, 2048> packet;
    for (int i = 0; i < count; ++i) {
      Side& side = sides_[ready[static_cast<std::size_t>(i)].data.u64];
      const ssize_t size = ::recv(side.fd, packet.data(), packet.size(), 0);
      if (size > 0) check(side, MutableBytes(packet).first(static_cast<std::size_t>(size)));
    }
  }

  void check(Side& side, MutableBytes packet) {
    const auto header = parse_rtp_header(packet);
    const auto opened = header ? side.receiver->unprotect_rtp(packet, *header) : SrtpResult{SrtpStatus::malformed};
    if (opened.status != SrtpStatus::ok || opened.size != plain_size) {
      ++totals_.bad;
      return;
    }
    ++totals_.received;
    const std::uint64_t stamp = ByteReader(packet.subspan(header->size)).u64();
    delays_.push_back(static_cast<double>(now_ns() - stamp) / 1e6);
  }

  std::vector<Side>& sides_;
  int epoll_ = -1;
  Totals totals_;
  std::vector<double> delays_;
};

/// The child. Protocol over the pipes: ports out, server ports in; 'w' out when warm, totals out when done.
int generate(const Options& options, int in, int out) {
  pin(options.generator_cpu);
  std::vector<Side> sides;
  for (std::size_t i = 0; i < options.calls * 2; ++i)
    sides.push_back(make_side(i));
  for (const Side& side : sides)
    (void)!::write(out, &side.port, sizeof side.port);
  std::vector<std::uint16_t> ports(sides.size());
  for (std::uint16_t& port : ports)
    if (::read(in, &port, sizeof port) != sizeof port) return 1;
  Generator generator(sides, ports);
  generator.run(1s);
  const char warm = 'w';
  (void)!::write(out, &warm, 1);
  const Totals totals = generator.run(std::chrono::seconds(options.seconds));
  (void)!::write(out, &totals, sizeof totals);
  return 0;
}

double cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

double resident_kb() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

LegParameters parameters(std::uint16_t port, Suite suite) {
  return {.remote = {"127.0.0.1", port},
          .codec = Codec::pcmu,
          .payload_type = 0,
          .security = SrtpKeys{suite, key_for(suite, false), key_for(suite, true)}};
}

int serve(const Options& options, int in, int out) {
  pin(options.server_cpu);
  runtime::MediaEngine engine({.threads = 1}, [](std::function<void()>) {}, [](const Event&) {});
  const double memory_before = resident_kb();
  std::vector<std::uint16_t> ports;
  for (std::size_t call = 0; call < options.calls; ++call) {
    std::array<LegId, 2> legs;
    for (std::size_t i = 0; i < 2; ++i) {
      std::uint16_t peer = 0;
      if (::read(in, &peer, sizeof peer) != sizeof peer) return 1;
      const auto opened = engine.open("127.0.0.1", 2'000, 31'999, legs[0]);
      if (!opened) {
        fmt::print(stderr, "media_relay: {}\n", opened.error().text());
        return 1;
      }
      legs[i] = opened->leg;
      ports.push_back(opened->address.port);
      (void)engine.configure(legs[i], parameters(peer, i == 0 ? left_suite : right_suite));
    }
    engine.relay(legs[0], legs[1]);
  }
  for (const std::uint16_t port : ports)
    (void)!::write(out, &port, sizeof port);
  char warm = 0;
  if (::read(in, &warm, 1) != 1) return 1;
  const double memory = resident_kb() - memory_before, cpu_before = cpu_us();
  const auto begin = Clock::now();
  Totals totals;
  if (::read(in, &totals, sizeof totals) != sizeof totals) return 1;
  const double cpu = cpu_us() - cpu_before;
  const double wall = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  const double lost = totals.sent > totals.received ? static_cast<double>(totals.sent - totals.received) : 0;
  fmt::print(
      "{{\"name\":\"media.relay_srtp\",\"unit\":\"us CPU per relayed "
      "packet\",\"value\":{:.3f},\"load\":{:.3f},\"loss\":{:.6f},"
      "\"packets\":{},\"packets_per_second\":{:.0f},\"bad\":{},\"p50_ms\":{:.3f},\"p99_ms\":{:.3f},\"calls\":{},\"kb_"
      "per_call\":{:.1f},"
      "\"suites\":\"{} / {}\"}}\n",
      cpu / static_cast<double>(std::max<std::uint64_t>(totals.received, 1)), cpu / wall,
      lost / static_cast<double>(std::max<std::uint64_t>(totals.sent, 1)), totals.received,
      static_cast<double>(totals.received) / options.seconds, totals.bad, totals.p50_ms, totals.p99_ms, options.calls,
      memory / static_cast<double>(options.calls), print(left_suite), print(right_suite));
  return totals.received > 0 && totals.bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("CPU per relayed SRTP packet");
  app.add_option("--calls", options.calls)->check(CLI::Range(1, 5'000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 120));
  app.add_option("--server-cpu", options.server_cpu);
  app.add_option("--generator-cpu", options.generator_cpu);
  CLI11_PARSE(app, argc, argv);
  raise_file_limit();
  int to_child[2], to_parent[2];
  if (::pipe(to_child) != 0 || ::pipe(to_parent) != 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(to_child[1]);
    ::close(to_parent[0]);
    _exit(generate(options, to_child[0], to_parent[1]));
  }
  ::close(to_child[0]);
  ::close(to_parent[1]);
  const int result = serve(options, to_parent[0], to_child[1]);
  ::close(to_child[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return result != 0 ? result : WEXITSTATUS(status);
}
