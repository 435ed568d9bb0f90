#include "runtime/media_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace ringwall::runtime {
namespace {

MediaSocket bound(std::uint16_t& port) {
  for (port = 42'001; port < 42'999; ++port) {
    auto socket = MediaSocket::bind(*media::to_packet_address({"127.0.0.1", port}));
    EXPECT_TRUE(socket) << socket.error().text();
    if (socket && *socket) return std::move(**socket);
  }
  ADD_FAILURE() << "no port is free";
  return {};
}

media::PacketAddress loopback(std::uint16_t port) {
  return *media::to_packet_address({"127.0.0.1", port});
}

std::size_t drain(MediaSocket& socket) {
  Buffer buffer(2048);
  std::size_t count = 0;
  while (socket.receive(buffer))
    ++count;
  return count;
}

TEST(MediaSocket, TellsWhereADatagramCameFromAndHowLargeItWas) {
  std::uint16_t port_a = 0, port_b = 0;
  MediaSocket a = bound(port_a), b = bound(port_b);
  a.send(Buffer(300, 7), loopback(port_b));
  Buffer buffer(100);
  const auto received = b.receive(buffer);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->size, 300u);
  EXPECT_EQ(received->from, loopback(port_a));
  EXPECT_EQ(buffer, Buffer(100, 7));
  EXPECT_FALSE(b.receive(buffer));
}

/// What came before the connection is still read after it, with its true source: a clear leg can refuse it.
TEST(MediaSocket, AConnectedSocketTellsTheSourceOfWhatWaitedBefore) {
  std::uint16_t port_a = 0, port_b = 0, port_stranger = 0;
  MediaSocket a = bound(port_a), b = bound(port_b), stranger = bound(port_stranger);
  stranger.send(Buffer(10, 1), loopback(port_b));
  b.connect(loopback(port_a));
  EXPECT_EQ(b.connected_to(), loopback(port_a));
  stranger.send(Buffer(10, 2), loopback(port_b));
  a.send(Buffer(10, 3), loopback(port_b));
  Buffer buffer(10);
  auto received = b.receive(buffer);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->from, loopback(port_stranger));
  EXPECT_EQ(buffer, Buffer(10, 1));
  received = b.receive(buffer);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->from, loopback(port_a));
  EXPECT_EQ(buffer, Buffer(10, 3));
  EXPECT_FALSE(b.receive(buffer));
  b.disconnect();
  stranger.send(Buffer(10, 4), loopback(port_b));
  ASSERT_TRUE(b.receive(buffer));
}

TEST(MediaSocket, CountsWhatTheKernelDropped) {
  std::uint16_t port_a = 0, port_b = 0;
  MediaSocket a = bound(port_a), b = bound(port_b);
  EXPECT_EQ(b.kernel_drops(), 0u);
  for (int i = 0; i < 1'000; ++i)
    a.send(Buffer(1'400, 7), loopback(port_b));
  const std::size_t kept = drain(b);
  EXPECT_GE(kept, 20u);  // the buffer holds a burst
  EXPECT_LT(kept, 1'000u);
  EXPECT_EQ(b.kernel_drops() + kept, 1'000u);
  a.send(Buffer(1'400, 7), loopback(port_b));
  EXPECT_EQ(drain(b), 1u);
  EXPECT_EQ(b.kernel_drops() + kept, 1'000u);
}

}  // namespace
}  // namespace ringwall::runtime
