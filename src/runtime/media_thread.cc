#include "runtime/media_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/log.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 20ms;
constexpr auto silence_that_widens = 100ms;
constexpr std::uint64_t most_ticks_at_once = 5;
/// A busy thread looks for packets once in this time and takes all that came: going to sleep and waking up for each one
/// costs as much as the packet does. (At 30 000 packets a second, 1 ms saves no more; none at all costs twice as much.)
constexpr auto gathering_time = 500us;

void add(int epoll, int fd, void* tag) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = tag}};
  CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

void sleep_until(Time when) {
  const auto since = when.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  const timespec at{.tv_sec = whole.count(), .tv_nsec = std::chrono::nanoseconds(since - whole).count()};
  (void)::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);  // woken by a signal: just earlier
}

std::uint64_t read_count(int fd) {
  std::uint64_t count = 0;
  return ::read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

}  // namespace

HostedLeg::HostedLeg(media::LegIdentity identity, Time now, MediaSocket rtp_socket, MediaSocket rtcp_socket)
    : media::Leg(std::move(identity), now),
      rtp{this, false, std::move(rtp_socket)},
      rtcp{this, true, std::move(rtcp_socket)} {}

MediaThread::MediaThread(std::optional<int> processor, Events events)
    : events_(std::move(events)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  CHECK(epoll_ >= 0 && wake_ >= 0 && timer_ >= 0);
  const timespec interval{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(tick_interval).count()};
  const itimerspec every{.it_interval = interval, .it_value = interval};
  CHECK(::timerfd_settime(timer_, 0, &every, nullptr) == 0);
  add(epoll_, wake_, &wake_);
  add(epoll_, timer_, &timer_);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "media");
  if (!processor) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(*processor), &set);
  if (pthread_setaffinity_np(thread_.native_handle(), sizeof set, &set) != 0)
    log::warning("media", "cannot pin a media thread to processor {}", *processor);
}

MediaThread::~MediaThread() {
  post([](MediaThread& self) { self.ending_ = true; });
  thread_.join();
  for (const int fd : {epoll_, wake_, timer_})
    ::close(fd);
}

void MediaThread::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

void MediaThread::run() {
  std::array<epoll_event, 256> ready;
  Time woken{};
  bool rested = false;
  while (!ending_) {
    const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
    const Time now = Clock::now();
    // Worth a rest while a rest gathers something, and when two wakings lay closer together than one would last.
    const bool busy = rested ? count > 1 : now - woken < gathering_time;
    woken = now;
    bool has_commands = false;
    for (const epoll_event& event : std::span(ready).first(static_cast<std::size_t>(std::max(count, 0)))) {
      if (event.data.ptr == &wake_)
        has_commands = true;
      else if (event.data.ptr == &timer_)
        for (std::uint64_t ticks = std::min(read_count(timer_), most_ticks_at_once); ticks > 0; --ticks)
          tick(now);
      else
        receive(*static_cast<HostedLeg::Port*>(event.data.ptr), now);
    }
    if (has_commands) run_commands();  // last: a command may end a leg that had packets in this batch
    rested = busy && static_cast<std::size_t>(count) < ready.size();
    if (rested) sleep_until(woken + gathering_time);
  }
  while (!legs_.empty())
    close(legs_.begin()->first);
}

void MediaThread::run_commands() {
  read_count(wake_);
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands)
    command(*this);
}

HostedLeg* MediaThread::find(media::LegId leg) {
  const auto at = legs_.find(leg);
  return at == legs_.end() ? nullptr : at->second.get();
}

void MediaThread::adopt(std::unique_ptr<HostedLeg> leg) {
  for (HostedLeg::Port* port : {&leg->rtp, &leg->rtcp})
    add(epoll_, port->socket.fd(), port);
  legs_.emplace(leg->id(), std::move(leg));
}

std::unique_ptr<HostedLeg> MediaThread::give_up(media::LegId leg) {
  auto node = legs_.extract(leg);
  if (node.empty()) return nullptr;
  node.mapped()->unrelay();
  for (const int fd : {node.mapped()->rtp.socket.fd(), node.mapped()->rtcp.socket.fd()})
    CHECK(::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr) == 0);
  return std::move(node.mapped());
}

void MediaThread::close(media::LegId leg) {
  if (HostedLeg* const hosted = find(leg)) hosted->say_goodbye(Clock::now(), outbox_);
  flush();
  give_up(leg);
}

void MediaThread::follow_peer(HostedLeg& leg) {
  const auto& peer = leg.peer(false);
  MediaSocket& socket = leg.rtp.socket;
  if (peer && !(*peer == socket.connected_to()))
    socket.connect(*peer);
  else if (!peer && socket.connected_to())
    socket.disconnect();
}

/// One datagram a turn: epoll reports the port again if more wait, so no port starves the others.
void MediaThread::receive(HostedLeg::Port& port, Time now) {
  std::array<std::uint8_t, 2048> buffer;
  const auto received = port.socket.receive(buffer);
  if (!received) return;
  HostedLeg& leg = *port.owner;
  leg.receive(MutableBytes(buffer).first(std::min(received->size, buffer.size())), port.rtcp, received->from, now,
              outbox_);
  if (!port.rtcp && leg.last_accepted(false) == now) follow_peer(leg);
  flush();
}

void MediaThread::tick(Time now) {
  for (const auto& [id, leg] : legs_) {
    leg->tick(now, outbox_);
    flush();
    // A peer that fell silent may have moved: hear every source again.
    if (leg->rtp.socket.connected_to() && now - leg->last_accepted(false) > silence_that_widens)
      leg->rtp.socket.disconnect();
  }
}

void MediaThread::flush() {
  for (const media::Outbox::Packet& packet : outbox_.packets()) {
    auto* const leg = static_cast<HostedLeg*>(packet.leg);
    (packet.rtcp ? leg->rtcp : leg->rtp).socket.send(Bytes(packet.bytes).first(packet.size), packet.to);
  }
  outbox_.clear_packets();
  if (!outbox_.events.empty()) events_(std::exchange(outbox_.events, {}));
}

}  // namespace ringwall::runtime
