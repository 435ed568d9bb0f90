#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "media/session/leg.h"
#include "runtime/media_socket.h"

namespace ringwall::runtime {

/// A leg with its sockets.
struct HostedLeg : media::Leg {
  HostedLeg(media::LegIdentity identity, Time now, MediaSocket rtp_socket, MediaSocket rtcp_socket);

  struct Port {
    HostedLeg* owner = nullptr;
    bool rtcp = false;
    MediaSocket socket;
  };
  Port rtp, rtcp;
};

/// One thread, one epoll loop, one tick of 20 ms for all its legs. Between commands it takes no lock and allocates
/// nothing per packet.
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
  void run();
  void run_commands();
  void receive(HostedLeg::Port& port, Time now);
  void tick(Time now);
  void flush();

  Events events_;
  int epoll_ = -1, wake_ = -1, timer_ = -1;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool ending_ = false;
  std::unordered_map<media::LegId, std::unique_ptr<HostedLeg>> legs_;
  media::Outbox outbox_;
  std::thread thread_;
};

}  // namespace ringwall::runtime
