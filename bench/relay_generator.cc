#include "relay_generator.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "base/time.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::bench {
namespace {

using namespace ringwall::media;
using namespace std::chrono_literals;

constexpr std::size_t plain_size = rtp_fixed_header + 160;
constexpr std::uint64_t look_every_ns = 250'000;
constexpr auto breath = 20us;
constexpr std::uint64_t frame_ns = 20'000'000;

struct Side {
  int fd = -1;
  std::uint16_t port = 0, sequence = 0;
  std::unique_ptr<SrtpSender> sender;
  std::unique_ptr<SrtpReceiver> receiver;
  std::uint64_t last_ns = 0;  // when the last packet came
};

Side make_side(std::size_t index, bool encrypted) {
  Side side;
  if (encrypted) side.sender = std::make_unique<SrtpSender>(suite_of(index), generator_key(index).reveal());
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

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
}

class Generator {
 public:
  Generator(const Load& load, std::vector<Side>& sides, const std::vector<RelaySide>& relay)
      : load_(load), sides_(sides) {
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      const Bytes key = Bytes(relay[i].key).first(lengths(suite_of(i)).key_and_salt());
      if (load_.encrypted) sides_[i].receiver = std::make_unique<SrtpReceiver>(suite_of(i), key);
      sockaddr_in server{};
      server.sin_family = AF_INET;
      server.sin_port = htons(relay[i].port);
      server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      ::connect(sides_[i].fd, reinterpret_cast<sockaddr*>(&server), sizeof server);
      epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, sides_[i].fd, &event);
    }
  }

  Totals run(std::chrono::seconds time) {
    totals_ = {};
    delays_.clear();
    delays_.reserve(sides_.size() * 50 * static_cast<std::size_t>(time.count()) / timed_every);
    const std::uint64_t begin = now_ns(), end = begin + static_cast<std::uint64_t>(time.count()) * 1'000'000'000;
    const double per_ns = 50e-9 * static_cast<double>(sides_.size());
    std::uint64_t looked = begin;
    for (std::uint64_t now = begin; now < end; now = now_ns()) {
      const auto due = static_cast<std::uint64_t>(static_cast<double>(now - begin) * per_ns);
      for (int most = 32; totals_.sent < due && most > 0; --most)
        send(sides_[totals_.sent % sides_.size()]);
      if (now - looked >= look_every_ns) {
        receive(0);
        looked = now;
      } else if (totals_.sent == due) {
        std::this_thread::sleep_for(breath);
      }
    }
    // What is on its way still counts; a prompt goes on for ever.
    for (int i = 0; load_.relayed && i < 100; ++i)
      receive(2);
    std::ranges::sort(delays_);
    if (!delays_.empty()) {
      totals_.p50_ms = delays_[delays_.size() / 2];
      totals_.p99_ms = delays_[delays_.size() * 99 / 100];
    }
    return totals_;
  }

 private:
  static constexpr std::uint64_t timed_every = 8;

  void send(Side& side) {
    std::array<std::uint8_t, plain_size + srtp_expansion> packet{};
    const RtpHeader header{
        .payload_type = 0, .sequence = side.sequence, .timestamp = side.sequence * 160u, .ssrc = side.port};
    ++side.sequence;
    write_rtp_header(packet, header);
    ByteWriter stamp;
    stamp.u64(now_ns());
    std::ranges::copy(stamp.buffer(), packet.begin() + rtp_fixed_header);
    const std::size_t size = side.sender ? side.sender->protect_rtp(packet, plain_size, header).size : plain_size;
    (void)!::send(side.fd, packet.data(), size, 0);
    ++totals_.sent;
  }

  void receive(int timeout_ms) {
    std::array<epoll_event, 1024> ready;
    std::array<std::uint8_t, 2048> packet;
    int count = 0;
    do {
      count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), timeout_ms);
      for (int i = 0; i < count; ++i) {
        Side& side = sides_[ready[static_cast<std::size_t>(i)].data.u64];
        for (ssize_t size = 0; (size = ::recv(side.fd, packet.data(), packet.size(), 0)) > 0;)
          check(side, MutableBytes(packet).first(static_cast<std::size_t>(size)));
      }
    } while (count == static_cast<int>(ready.size()));
  }

  void check(Side& side, MutableBytes packet) {
    const auto header = parse_rtp_header(packet);
    SrtpResult opened{header ? SrtpStatus::ok : SrtpStatus::malformed, packet.size()};
    if (header && side.receiver) opened = side.receiver->unprotect_rtp(packet, *header);
    if (opened.status != SrtpStatus::ok || opened.size != plain_size) {
      ++totals_.bad;
      return;
    }
    if (++totals_.received % timed_every == 0) time(side, packet.subspan(header->size));
    if (!load_.relayed) side.last_ns = now_ns();
  }

  void time(const Side& side, Bytes payload) {
    const auto now = static_cast<std::int64_t>(now_ns());
    if (load_.relayed)
      delays_.push_back(static_cast<double>(now - static_cast<std::int64_t>(ByteReader(payload).u64())) / 1e6);
    else if (side.last_ns != 0)
      delays_.push_back(std::abs(static_cast<double>(now - static_cast<std::int64_t>(side.last_ns + frame_ns))) / 1e6);
  }

  Load load_;
  std::vector<Side>& sides_;
  int epoll_ = -1;
  Totals totals_;
  std::vector<double> delays_;
};

}  // namespace

int generate(const Load& load, int in, int out) {
  std::vector<Side> sides;
  for (std::size_t i = 0; i < load.sides; ++i)
    sides.push_back(make_side(i, load.encrypted));
  for (const Side& side : sides)
    (void)!::write(out, &side.port, sizeof side.port);
  std::vector<RelaySide> relay(sides.size());
  for (RelaySide& side : relay)
    if (::read(in, &side, sizeof side) != sizeof side) return 1;
  Generator generator(load, sides, relay);
  generator.run(1s);
  const char warm = 'w';
  (void)!::write(out, &warm, 1);
  const Totals totals = generator.run(load.time);
  (void)!::write(out, &totals, sizeof totals);
  return 0;
}

}  // namespace ringwall::bench
