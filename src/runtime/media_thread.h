#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "media/session/leg.h"
#include "runtime/media_socket.h"
#include "runtime/media_wheel.h"

namespace ringwall::runtime {

/// A leg with its sockets.
struct HostedLeg : media::Leg {
  HostedLeg(media::LegIdentity identity, Time now, MediaSocket rtp_socket, MediaSocket rtcp_socket);

  /// The leg's figures, with what the kernel dropped before the leg could take it.
  [[nodiscard]] media::LegReport report_with_drops();

  struct Port {
    HostedLeg* owner = nullptr;
    bool rtcp = false;
    MediaSocket socket;
  };
  Port rtp, rtcp;
  WheelPlace wheel_place;
};

/// One thread, one epoll loop, one turn in 20 ms for each of its legs. Between commands it takes no lock and allocates
/// nothing per packet, and its only system calls are to wait, to receive and to send. Each wake-up is worked off in
/// three steps: take in the datagrams, let the legs work on them, send what came of it; a step that stays with one kind
/// of work finds its code in the processor's caches.
class MediaThread {
 public:
  using Command = std::move_only_function<void(MediaThread&)>;
  using Events = std::function<void(std::vector<media::Event>)>;  ///< called on this thread

  MediaThread(std::optional<int> processor, Events events);
  ~MediaThread();  ///< runs the commands that wait, closes every leg, ends the thread

  /// From any thread: runs `command` on this one, after those given before.
  void post(Command command);

  // On this thread only, from commands:
  HostedLeg* find(media::LegId leg);
  void adopt(std::unique_ptr<HostedLeg> leg);
  std::unique_ptr<HostedLeg> give_up(media::LegId leg);
  void close(media::LegId leg);
  /// After a leg was configured: its socket must not stay connected to where the peer no longer is.
  static void follow_peer(HostedLeg& leg);

 private:
  struct Datagram {
    HostedLeg::Port* port = nullptr;
    std::size_t size = 0;
    media::PacketAddress from;
    std::array<std::uint8_t, limits::rtp_packet_bytes + 4> bytes;  // one that is larger is refused
  };

  void run();
  [[nodiscard]] int time_to_wait() const;
  void run_commands();
  void take_in(HostedLeg::Port& port, Time now);
  void work_off(Time now);
  void tick(HostedLeg& leg, Time now);
  void flush();

  Events events_;
  int epoll_ = -1, wake_ = -1;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool ending_ = false;
  std::unordered_map<media::LegId, std::unique_ptr<HostedLeg>> legs_;
  MediaWheel<HostedLeg> wheel_;
  std::array<Datagram, 32> taken_in_;
  std::size_t waiting_ = 0;
  media::Outbox outbox_;
  std::thread thread_;
};

}  // namespace ringwall::runtime
