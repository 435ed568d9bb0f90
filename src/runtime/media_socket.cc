#include "runtime/media_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sock_diag.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/metric.h"

namespace ringwall::runtime {
namespace {

/// About a second and a half of G.711 packets as the kernel accounts for them: later they are of no use.
constexpr int receive_buffer_bytes = 64 * 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket(const media::PacketAddress& address) {
  SocketAddress out;
  if (address.version == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.data(), 4);
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.ip.data(), 16);
    std::memcpy(&out.storage, &v6, sizeof v6);
    out.size = sizeof v6;
  }
  return out;
}

media::PacketAddress from_socket(const sockaddr_storage& storage) {
  media::PacketAddress out;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof v4);
    out.version = 4;
    out.port = ntohs(v4.sin_port);
    std::memcpy(out.ip.data(), &v4.sin_addr, 4);
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    out.version = 6;
    out.port = ntohs(v6.sin6_port);
    std::memcpy(out.ip.data(), &v6.sin6_addr, 16);
  }
  return out;
}

Counter& kernel_drops() {
  static Counter& counter = Metrics::instance().counter("ringwall_media_kernel_drops_total");
  return counter;
}
Counter& send_failures() {
  static Counter& counter = Metrics::instance().counter("ringwall_media_send_failures_total");
  return counter;
}

}  // namespace

MediaSocket& MediaSocket::operator=(MediaSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(connected_to_, other.connected_to_);
  std::swap(kernel_drops_, other.kernel_drops_);
  return *this;
}

MediaSocket::~MediaSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::optional<MediaSocket>> MediaSocket::bind(const media::PacketAddress& local) {
  const auto trouble = [&](const char* what) {
    return fail(fmt::format("{}: {}", what, std::system_category().message(errno)), to_net_address(local).text(),
                "is it an address of this machine, and is the limit of open files high enough?");
  };
  MediaSocket out;
  const int family = local.version == 4 ? AF_INET : AF_INET6;
  out.fd_ = ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (out.fd_ < 0) return trouble("cannot open a media socket");
  // Best effort: without it a burst is lost earlier.
  (void)::setsockopt(out.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  const SocketAddress address = to_socket(local);
  if (::bind(out.fd_, address.get(), address.size) != 0) {
    if (errno == EADDRINUSE) return std::optional<MediaSocket>();
    return trouble("cannot bind a media port");
  }
  return std::optional(std::move(out));
}

/// The source is asked for on a connected socket too: what came before the connection may be from elsewhere.
std::optional<MediaSocket::Received> MediaSocket::receive(MutableBytes buffer) {
  sockaddr_storage from;
  socklen_t from_size = sizeof from;
  const ssize_t size =
      ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &from_size);
  if (size < 0) return std::nullopt;  // nothing there, or an ICMP error of an earlier send: it is read away by this
  return Received{static_cast<std::size_t>(size), from_socket(from)};
}

std::uint32_t MediaSocket::kernel_drops() {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (fd_ < 0 || ::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return kernel_drops_;
  const std::uint32_t drops = info[SK_MEMINFO_DROPS];
  ringwall::runtime::kernel_drops().add(drops - kernel_drops_);
  return kernel_drops_ = drops;
}

void MediaSocket::send(Bytes bytes, const media::PacketAddress& to) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    ssize_t sent;
    if (to == connected_to_) {
      sent = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else {
      const SocketAddress address = to_socket(to);
      sent = ::sendto(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address.get(), address.size);
    }
    if (sent >= 0) return;
    if (errno != ECONNREFUSED) break;  // the news of an earlier packet; this one was not tried yet
  }
  send_failures().add();
}

void MediaSocket::connect(const media::PacketAddress& peer) {
  const SocketAddress address = to_socket(peer);
  if (::connect(fd_, address.get(), address.size) == 0)
    connected_to_ = peer;
  else
    disconnect();
}

void MediaSocket::disconnect() {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  (void)::connect(fd_, &none, sizeof none);  // the bound port stays
  connected_to_ = {};
}

}  // namespace ringwall::runtime
