#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/net_address.h"

namespace ringwall::runtime::test {

inline sockaddr_in socket_address(const NetAddress& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.ip.c_str(), &out.sin_addr);
  return out;
}

/// A TCP socket that does what no decent peer does.
class RawSocket {
 public:
  RawSocket() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {}
  explicit RawSocket(int fd) : fd_(fd) {}
  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RawSocket& operator=(RawSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(closed_, other.closed_);
    return *this;
  }
  ~RawSocket() { close(); }

  static RawSocket connect(const NetAddress& to) {
    RawSocket socket;
    ::fcntl(socket.fd_, F_SETFL, O_NONBLOCK);
    const sockaddr_in address = socket_address(to);
    ::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return socket;
  }
  static RawSocket listen(const std::string& ip, int backlog = 8) {
    RawSocket socket;
    ::fcntl(socket.fd_, F_SETFL, O_NONBLOCK);
    const sockaddr_in address = socket_address({ip, 0});
    ::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(socket.fd_, backlog);
    return socket;
  }
  [[nodiscard]] NetAddress local() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    char text[INET_ADDRSTRLEN];
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    return {text, ntohs(address.sin_port)};
  }
  /// A connection that waits to be accepted, if there is one.
  [[nodiscard]] RawSocket accept() const { return RawSocket(::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK)); }
  [[nodiscard]] bool good() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

  bool send(std::string_view text) const {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// What has come; `closed()` tells of the end.
  std::string receive() {
    char buffer[65536];
    const auto count = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) closed_ = true;
    return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
  }
  [[nodiscard]] bool closed() const { return closed_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  bool closed_ = false;
};

/// A shell command on a thread of its own; joined at the end.
class Command {
 public:
  explicit Command(std::string line)
      : thread_([line = std::move(line)] { (void)!std::system((line + " </dev/null >/dev/null 2>&1").c_str()); }) {}
  ~Command() { thread_.join(); }
  Command(const Command&) = delete;

 private:
  std::thread thread_;
};

/// Forwards one connection to `target`, byte by byte both ways.
class SlowRelay {
 public:
  SlowRelay(const std::string& ip, NetAddress target)
      : listener_(RawSocket::listen(ip)), target_(std::move(target)), thread_([this] { run(); }) {}
  ~SlowRelay() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] NetAddress local() const { return listener_.local(); }

 private:
  void run() {
    RawSocket near(-1);
    while (!stop_ && !near.good()) {
      pollfd wait{listener_.fd(), POLLIN, 0};
      ::poll(&wait, 1, 10);
      int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK);
      if (fd >= 0) return relay(fd);
    }
  }
  void relay(int fd) {
    const RawSocket near(fd);
    const RawSocket far = RawSocket::connect(target_);
    const int on = 1;
    for (int socket : {near.fd(), far.fd()})
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (!stop_) {
      pollfd both[2] = {{near.fd(), POLLIN, 0}, {far.fd(), POLLIN, 0}};
      ::poll(both, 2, 10);
      move_one(near.fd(), far.fd());
      move_one(far.fd(), near.fd());
    }
  }
  static void move_one(int from, int to) {
    char byte;
    if (::recv(from, &byte, 1, MSG_DONTWAIT) == 1) (void)!::send(to, &byte, 1, MSG_NOSIGNAL);
  }

  std::atomic<bool> stop_ = false;
  RawSocket listener_;
  NetAddress target_;
  std::thread thread_;
};

}  // namespace ringwall::runtime::test
