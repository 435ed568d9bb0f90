#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "media/session/packet_address.h"

namespace ringwall::runtime {

/// A bound, non-blocking UDP socket that may be connected to one peer and opened wide again. Connected, it costs less
/// to send on (the route is kept) and the kernel drops what comes from elsewhere.
class MediaSocket {
 public:
  MediaSocket() = default;
  MediaSocket(MediaSocket&& other) noexcept { *this = std::move(other); }
  MediaSocket& operator=(MediaSocket&& other) noexcept;
  ~MediaSocket();

  /// Nothing if the port is taken; an error if this address cannot be bound at all.
  static Result<std::optional<MediaSocket>> bind(const media::PacketAddress& local);

  struct Received {
    std::size_t size = 0;
    media::PacketAddress from;
  };
  /// One datagram; nothing if none waits. A datagram larger than `buffer` counts with its full size.
  std::optional<Received> receive(MutableBytes buffer);
  /// Best effort, as UDP is: what the kernel cannot take is counted and dropped.
  void send(Bytes bytes, const media::PacketAddress& to);

  void connect(const media::PacketAddress& peer);
  void disconnect();
  [[nodiscard]] const media::PacketAddress& connected_to() const { return connected_to_; }
  [[nodiscard]] int fd() const { return fd_; }
  /// Datagrams that the kernel has dropped so far because the socket's buffer was full; a system call.
  [[nodiscard]] std::uint32_t kernel_drops();

 private:
  int fd_ = -1;
  media::PacketAddress connected_to_;
  std::uint32_t kernel_drops_ = 0;
};

}  // namespace ringwall::runtime
