#include "runtime/media_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/log.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto silence_that_widens = 100ms;
/// A busy thread looks for packets once in this time and takes all that came: going to sleep and waking up for each one
/// costs as much as the packet does, and what comes together finds warm caches. (At 30 000 packets a second a packet's
/// way through the kernel takes 7.3 us with 0.25 ms, 6.3 with 0.5 and 5.4 with 1.)
constexpr auto gathering_time = 1ms;

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

/// A leg's first lines, which every packet of it needs, come from memory while other packets are still taken in.
void fetch_ahead(const HostedLeg& leg) {
  const auto* const bytes = reinterpret_cast<const char*>(&leg);
  for (std::size_t at = 0; at < 1024; at += 64)
    __builtin_prefetch(bytes + at);
}

}  // namespace

HostedLeg::HostedLeg(media::LegIdentity identity, Time now, MediaSocket rtp_socket, MediaSocket rtcp_socket)
    : media::Leg(std::move(identity), now),
      rtp{this, false, std::move(rtp_socket)},
      rtcp{this, true, std::move(rtcp_socket)} {}

media::LegReport HostedLeg::report_with_drops() {
  media::LegReport out = report();
  out.kernel_drops = std::uint64_t{rtp.socket.kernel_drops()} + rtcp.socket.kernel_drops();
  return out;
}

MediaThread::MediaThread(std::optional<int> processor, Events events)
    : events_(std::move(events)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(epoll_ >= 0 && wake_ >= 0);
  add(epoll_, wake_, &wake_);
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
  for (const int fd : {epoll_, wake_})
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
    const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), time_to_wait());
    const Time now = Clock::now();
    // Worth a rest while a rest gathers something, and when two wakings lay closer together than one would last.
    const bool busy = rested ? count > 1 : now - woken < gathering_time;
    woken = now;
    bool has_commands = false;
    for (const epoll_event& event : std::span(ready).first(static_cast<std::size_t>(std::max(count, 0)))) {
      if (event.data.ptr == &wake_)
        has_commands = true;
      else
        take_in(*static_cast<HostedLeg::Port*>(event.data.ptr), now);
    }
    work_off(now);
    wheel_.turn(now, [this, now](HostedLeg& leg) { tick(leg, now); });
    flush();
    if (has_commands) run_commands();  // last: a command may end a leg that had packets in this batch
    rested = busy && static_cast<std::size_t>(std::max(count, 0)) < ready.size();
    if (rested) sleep_until(woken + gathering_time);
  }
  while (!legs_.empty())
    close(legs_.begin()->first);
}

/// In whole milliseconds, rounded up: a turn that is a little late disturbs nobody, one that is early is none.
int MediaThread::time_to_wait() const {
  const auto next = wheel_.next();
  if (!next) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

void MediaThread::run_commands() {
  std::uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof count);
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
  wheel_.add(*leg, Clock::now());
  legs_.emplace(leg->id(), std::move(leg));
}

std::unique_ptr<HostedLeg> MediaThread::give_up(media::LegId leg) {
  auto node = legs_.extract(leg);
  if (node.empty()) return nullptr;
  node.mapped()->unrelay();
  wheel_.remove(*node.mapped());
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
void MediaThread::take_in(HostedLeg::Port& port, Time now) {
  fetch_ahead(*port.owner);
  Datagram& datagram = taken_in_[waiting_];
  const auto received = port.socket.receive(datagram.bytes);
  if (!received) return;
  datagram.port = &port;
  datagram.size = std::min(received->size, datagram.bytes.size());
  datagram.from = received->from;
  if (++waiting_ == taken_in_.size()) work_off(now);
}

void MediaThread::work_off(Time now) {
  for (Datagram& datagram : std::span(taken_in_).first(waiting_)) {
    HostedLeg& leg = *datagram.port->owner;
    const bool rtcp = datagram.port->rtcp;
    leg.receive(MutableBytes(datagram.bytes).first(datagram.size), rtcp, datagram.from, now, outbox_);
    if (!rtcp && leg.last_accepted(false) == now) follow_peer(leg);
    if (outbox_.nearly_full()) flush();
  }
  waiting_ = 0;
  flush();
}

void MediaThread::tick(HostedLeg& leg, Time now) {
  leg.tick(now, outbox_);
  // A peer that fell silent may have moved: hear every source again.
  if (leg.rtp.socket.connected_to() && now - leg.last_accepted(false) > silence_that_widens)
    leg.rtp.socket.disconnect();
  if (outbox_.nearly_full()) flush();
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
