#include "relay_generator.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/time.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::bench {
namespace {

using namespace ringwall::media;
using namespace std::chrono_literals;

constexpr std::size_t plain_size = rtp_fixed_header + 160;

struct Side {
  int fd = -1;
  std::uint16_t port = 0, sequence = 0;
  std::unique_ptr<SrtpSender> sender;
  std::unique_ptr<SrtpReceiver> receiver;
};

Side make_side(std::size_t index) {
  Side side;
  side.sender = std::make_unique<SrtpSender>(suite_of(index), generator_key(index).reveal());
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
  Generator(std::vector<Side>& sides, const std::vector<RelaySide>& relay) : sides_(sides) {
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      const Bytes key = Bytes(relay[i].key).first(lengths(suite_of(i)).key_and_salt());
      sides_[i].receiver = std::make_unique<SrtpReceiver>(suite_of(i), key);
      sockaddr_in server{};
      server.sin_family = AF_INET;
      server.sin_port = htons(relay[i].port);
      server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      ::connect(sides_[i].fd, reinterpret_cast<sockaddr*>(&server), sizeof server);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, sides_[i].fd, &event);
    }
  }

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

}  // namespace

int generate(std::size_t calls, std::chrono::seconds time, int in, int out) {
  std::vector<Side> sides;
  for (std::size_t i = 0; i < calls * 2; ++i)
    sides.push_back(make_side(i));
  for (const Side& side : sides)
    (void)!::write(out, &side.port, sizeof side.port);
  std::vector<RelaySide> relay(sides.size());
  for (RelaySide& side : relay)
    if (::read(in, &side, sizeof side) != sizeof side) return 1;
  Generator generator(sides, relay);
  generator.run(1s);
  const char warm = 'w';
  (void)!::write(out, &warm, 1);
  const Totals totals = generator.run(time);
  (void)!::write(out, &totals, sizeof totals);
  return 0;
}

}  // namespace ringwall::bench
