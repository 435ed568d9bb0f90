#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/element_for_test.h"
#include "runtime/raw_socket_for_test.h"

// What hostile, slow and silent peers meet.

namespace ringwall::runtime::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ConnectionLimitsTest : public testing::Test {
 protected:
  SipHostOptions options(const std::string& name, const std::string& address) {
    auto made = element_options(name, address, root.identity(name + ".ringwall.test"));
    made.peers = {{"edge", {"edge.ringwall.test"}, root.anchors()},
                  {"server", {"server.ringwall.test"}, root.anchors()}};
    made.clear_listeners = {{sip::Transport::tcp, 0, "test"}};
    return made;
  }
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }
  RawSocket connect(const TestElement& to, sip::Transport transport) {
    return RawSocket::connect(to.transports->local(transport));
  }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
  std::string text = request_text("OPTIONS", {"127.55.3.1", 5061});
};

TEST_F(ConnectionLimitsTest, AMessageMayComeByteByByteThroughTls) {
  TestElement edge(loop, options("edge", "127.55.3.1")), server(loop, options("server", "127.55.3.2"));
  const SlowRelay relay("127.55.3.8", server.transports->local(sip::Transport::tls));
  edge.send({{}, sip::Transport::tls, relay.local(), "server"}, text);
  edge.send({{}, sip::Transport::tls, relay.local(), "server"}, text);
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 2; }));
  EXPECT_EQ(server.recorder.messages[1].text, text);
}

TEST_F(ConnectionLimitsTest, AMessageThatIsNeverEndedClosesTheConnection) {
  auto slow = options("server", "127.55.3.2");
  slow.message_time = 50ms;
  TestElement server(loop, slow);
  auto peer = connect(server, sip::Transport::tcp);
  ASSERT_TRUE(run([&] { return peer.send(text + "OPTIONS sip:"); }));
  EXPECT_TRUE(run([&] { return peer.receive().empty() && peer.closed(); }));
  EXPECT_EQ(server.recorder.messages.size(), 1u);
  EXPECT_TRUE(run([&] { return server.recorder.closed.size() == 1; }));
}

TEST_F(ConnectionLimitsTest, AMessageThatIsTooLargeClosesTheConnection) {
  TestElement server(loop, options("server", "127.55.3.2"));
  auto peer = connect(server, sip::Transport::tcp);
  ASSERT_TRUE(run([&] { return peer.send("OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n"); }));
  EXPECT_TRUE(run([&] { return peer.receive().empty() && peer.closed(); }));
  EXPECT_TRUE(server.recorder.messages.empty());
}

TEST_F(ConnectionLimitsTest, ASilentConnectionAgesOut) {
  auto brief = options("server", "127.55.3.2");
  brief.idle_time = 50ms;
  TestElement server(loop, brief);
  auto peer = connect(server, sip::Transport::tcp);
  EXPECT_TRUE(run([&] { return peer.receive().empty() && peer.closed(); }));
  EXPECT_EQ(server.transports->view().totals.inactive_ageouts, 1u);
  EXPECT_TRUE(server.transports->view().connections.empty());
}

TEST_F(ConnectionLimitsTest, APingIsAnswered) {
  TestElement server(loop, options("server", "127.55.3.2"));
  auto peer = connect(server, sip::Transport::tcp);
  ASSERT_TRUE(run([&] { return peer.send("\r\n\r\n"); }));
  std::string pong;
  EXPECT_TRUE(run([&] { return !(pong += peer.receive()).empty(); }));
  EXPECT_EQ(pong, "\r\n");
}

TEST_F(ConnectionLimitsTest, TheWriteQueueHasALimitAndAStalledPeerIsLetGo) {
  auto small = options("server", "127.55.3.2");
  small.write_queue_bytes = 100'000;
  small.write_stall_time = 50ms;
  TestElement server(loop, small);
  auto peer = connect(server, sip::Transport::tcp);
  ASSERT_TRUE(run([&] { return peer.send(text); }));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  const auto flow = server.recorder.messages[0].flow.id;
  // The peer reads nothing: first the kernel's buffers fill, then the queue.
  int sent = 0;
  ASSERT_TRUE(run([&] {
    server.send({flow}, std::string(50'000, 'x'));
    ++sent;
    return !server.recorder.failed.empty();
  }));
  EXPECT_THAT(server.recorder.failed[0].second, HasSubstr("write queue of this connection is full"));
  const auto before = server.transports->view();
  EXPECT_LE(before.connections.at(0).write_queue_max, 100'000u);
  EXPECT_EQ(before.totals.max_write_queue_peer, peer.local());
  ASSERT_TRUE(run([&] { return server.recorder.closed.size() == 1; }));
  EXPECT_THAT(server.recorder.failed.back().second, HasSubstr("takes no bytes"));
  EXPECT_GE(server.transports->view().totals.send_failures, 2u);
}

TEST_F(ConnectionLimitsTest, ASourceHasALimit) {
  auto few = options("server", "127.55.3.2");
  few.connections_per_source = 2;
  TestElement server(loop, few);
  std::vector<RawSocket> peers;
  for (int i = 0; i < 3; ++i)
    peers.push_back(connect(server, sip::Transport::tcp));
  ASSERT_TRUE(run([&] { return server.transports->view().totals.refused_by_limit == 1; }));
  EXPECT_EQ(server.transports->view().connections.size(), 2u);
  peers.erase(peers.begin());
  ASSERT_TRUE(run([&] { return server.transports->view().connections.size() == 1; }));
  peers.push_back(connect(server, sip::Transport::tcp));
  EXPECT_TRUE(run([&] { return server.transports->view().connections.size() == 2; }));
}

TEST_F(ConnectionLimitsTest, HandshakesUnderWayHaveALimit) {
  auto few = options("server", "127.55.3.2");
  few.half_open_handshakes = 2;
  TestElement server(loop, few);
  std::vector<RawSocket> peers;
  for (int i = 0; i < 4; ++i)
    peers.push_back(connect(server, sip::Transport::tls));
  ASSERT_TRUE(run([&] { return server.transports->view().totals.refused_by_limit == 2; }));
  for (const auto& connection : server.transports->view().connections)
    EXPECT_EQ(connection.state, ConnectionState::handshaking);
  peers.clear();
  ASSERT_TRUE(run([&] { return server.transports->view().connections.empty(); }));
  TestElement edge(loop, options("edge", "127.55.3.1"));
  edge.send(edge.route_to(server, "server"), text);
  EXPECT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
}

TEST_F(ConnectionLimitsTest, AConnectThatIsNotAnsweredTimesOut) {
  auto brief = options("edge", "127.55.3.1");
  brief.connect_time = 100ms;
  TestElement edge(loop, brief);
  // A full backlog drops further SYNs.
  const auto listener = RawSocket::listen("127.55.3.9", 0);
  std::vector<RawSocket> fill;
  for (int i = 0; i < 4; ++i)
    fill.push_back(RawSocket::connect(listener.local()));
  edge.send({{}, sip::Transport::tls, listener.local(), "server"}, text);
  EXPECT_EQ(edge.transports->view().connections.at(0).state, ConnectionState::connecting);
  ASSERT_TRUE(run([&] { return edge.recorder.failed.size() == 1; }));
  EXPECT_THAT(edge.recorder.failed[0].second, HasSubstr("no connection within the time limit"));
  EXPECT_EQ(edge.transports->view().totals.connect_failures, 1u);
}

TEST_F(ConnectionLimitsTest, APeerThatReadsNoAnswersGetsNoMoreRequestsIn) {
  auto wanted = options("server", "127.55.3.2");
  wanted.sources.never_blocked = {"127.0.0.1"};
  TestElement server(loop, wanted);
  const std::string answer = "SIP/2.0 200 OK\r\nContent-Length: 4000\r\n\r\n" + std::string(4'000, 'x');
  std::size_t seen = 0;
  server.recorder.on_message = [&](const Recorder::Message& message) {
    ++seen;
    server.transports->send({{}, {message.flow.id}, answer});
  };
  auto peer = connect(server, sip::Transport::tcp);
  constexpr std::size_t kRequests = 8'000;
  std::string all;
  for (std::size_t i = 0; i < kRequests; ++i)
    all += text;
  const auto send_more = [&] {
    const auto sent = ::send(peer.fd(), all.data(), all.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) all.erase(0, static_cast<std::size_t>(sent));
  };
  ASSERT_TRUE(run([&] {
    send_more();
    return server.transports->view().limits_hit.contains("pipelined bytes");
  }));
  EXPECT_LT(server.transports->view().connections.at(0).write_queue, wanted.write_queue_bytes);
  EXPECT_LT(seen, kRequests);
  // Once it reads, everything goes on.
  std::size_t got = 0;
  EXPECT_TRUE(run([&] {
    send_more();
    got += peer.receive().size();
    return got == kRequests * answer.size();
  }));
  EXPECT_EQ(seen, kRequests);
}

}  // namespace
}  // namespace ringwall::runtime::test
