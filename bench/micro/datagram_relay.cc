// What the system calls of a call over UDP cost by themselves: hands each datagram on as it is, and knows nothing of
// SIP but where an answer says that its caller is (the port in the caller's Via). The bound of sip.b2bua_udp.
//
//   datagram_relay --address IP --target IP runs until it is killed
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::uint16_t sip_port = 5060;

[[noreturn]] void stop(const char* what) {
  fmt::print(stderr, "datagram_relay: {}\n", what);
  std::exit(1);
}

sockaddr_in make_address(const std::string& ip) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(sip_port);
  if (::inet_pton(AF_INET, ip.c_str(), &out.sin_addr) != 1) stop("that is no IPv4 address");
  return out;
}

/// The port behind `caller` ("127.0.36.3:") in a response; 0 if there is none.
std::uint16_t caller_port(std::string_view response, std::string_view caller) {
  const auto at = response.find(caller);
  if (at == std::string_view::npos) return 0;
  std::uint16_t port = 0;
  std::from_chars(response.data() + at + caller.size(), response.data() + response.size(), port);
  return port;
}

}  // namespace

int main(int argc, char** argv) {
  std::string address, target;
  CLI::App app("A relay of datagrams, as a bound");
  app.add_option("--address", address)->required();
  app.add_option("--target", target, "the called side, and the callers")->required();
  CLI11_PARSE(app, argc, argv);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const sockaddr_in own = make_address(address), called = make_address(target);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) stop("the address is taken");
  const int epoll = ::epoll_create1(0);
  epoll_event readable{.events = EPOLLIN, .data = {}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &readable);
  const std::string caller = target + ":";
  std::array<char, 65'536> bytes;
  while (true) {
    ::epoll_wait(epoll, &readable, 1, -1);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    ssize_t count = 0;
    while ((count = ::recvfrom(socket, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size)) > 0) {
      sockaddr_in to = called;
      if (ntohs(from.sin_port) == sip_port)
        to.sin_port = htons(caller_port({bytes.data(), static_cast<std::size_t>(count)}, caller));
      ::sendto(socket, bytes.data(), static_cast<std::size_t>(count), 0, reinterpret_cast<const sockaddr*>(&to),
               sizeof to);
    }
  }
}
