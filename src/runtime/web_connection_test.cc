#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/element_for_test.h"
#include "runtime/raw_socket_for_test.h"
#include "runtime/web_socket_for_test.h"

namespace ringwall::runtime::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// A clear WebSocket listener (by waiver) and a client that the test writes byte by byte. WSS is the same connection
/// under TLS: test/e2e/test_websocket.py.
class WebConnectionTest : public testing::Test {
 protected:
  SipHostOptions server_options() {
    auto options = element_options("server", "127.55.6.2", root.identity("server.ringwall.test"));
    options.peers = {{"edge", {"edge.ringwall.test"}, root.anchors()}};
    options.clear_listeners = {{sip::Transport::ws, 0, "old-page"}};
    return options;
  }
  /// A client whose upgrade was answered.
  RawSocket connect(const TestElement& server) {
    auto peer = RawSocket::connect(server.transports->local(sip::Transport::ws));
    EXPECT_TRUE(loop.run_until([&] { return peer.send(upgrade_request()); }, kPatience));
    EXPECT_THAT(read_until(peer, "\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
    return peer;
  }
  /// Everything that came until `last` is in it.
  std::string read_until(RawSocket& peer, std::string_view last) {
    std::string got;
    EXPECT_TRUE(loop.run_until(
        [&] {
          got += peer.receive();
          return got.find(last) != std::string::npos || peer.closed();
        },
        kPatience));
    return got;
  }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
};

TEST_F(WebConnectionTest, CarriesMessagesBothWays) {
  TestElement server(loop, server_options());
  auto peer = connect(server);
  const auto text = request_text("OPTIONS", {"host.invalid", 0});
  peer.send(client_frame(kText, text) + client_frame(kBinary, text) + client_frame(kText, "\r\n\r\n"));
  EXPECT_EQ(read_until(peer, "\r\n"), server_frame(kText, "\r\n"));
  ASSERT_EQ(server.recorder.messages.size(), 2u);
  const auto flow = server.recorder.messages[0].flow;
  EXPECT_EQ(server.recorder.messages[0].text, text);
  EXPECT_EQ(flow.transport, sip::Transport::ws);
  server.send({.flow = flow.id, .transport = sip::Transport::ws}, "SIP/2.0 200 OK\r\n\r\n");
  EXPECT_EQ(read_until(peer, "OK\r\n\r\n"), server_frame(kText, "SIP/2.0 200 OK\r\n\r\n"));
  const auto view = server.transports->view();
  ASSERT_EQ(view.connections.size(), 1u);
  EXPECT_EQ(view.connections[0].state, ConnectionState::established);
  EXPECT_EQ(view.connections[0].messages_in, 2u);
}

TEST_F(WebConnectionTest, RequestsToAClientGoOnlyOverItsFlow) {
  TestElement server(loop, server_options());
  auto peer = connect(server);
  peer.send(client_frame(kText, request_text("OPTIONS", {"host.invalid", 0})));
  ASSERT_TRUE(loop.run_until([&] { return server.recorder.messages.size() == 1; }, kPatience));
  const auto flow = server.recorder.messages[0].flow;
  peer.close();
  ASSERT_TRUE(loop.run_until([&] { return server.recorder.closed.size() == 1; }, kPatience));
  server.send({.flow = flow.id, .transport = sip::Transport::ws, .address = flow.remote}, "late");
  server.send({.transport = sip::Transport::ws, .address = flow.remote}, "late");
  ASSERT_TRUE(loop.run_until([&] { return server.recorder.failed.size() == 2; }, kPatience));
  EXPECT_THAT(server.recorder.failed[1].second, HasSubstr("the WebSocket of this client is gone"));
}

TEST_F(WebConnectionTest, ARefusedUpgradeIsExplainedToBoth) {
  TestElement server(loop, server_options());
  auto peer = RawSocket::connect(server.transports->local(sip::Transport::ws));
  ASSERT_TRUE(
      loop.run_until([&] { return peer.send(upgrade_request("Sec-WebSocket-Protocol: chat\r\n")); }, kPatience));
  EXPECT_THAT(read_until(peer, "RFC 7118"), StartsWith("HTTP/1.1 400 "));
  const auto view = server.transports->view();
  ASSERT_EQ(view.failures.size(), 1u);
  EXPECT_EQ(view.failures[0].reason, HandshakeReason::web_socket);
  EXPECT_THAT(view.failures[0].sentence, HasSubstr("subprotocol \"sip\""));
  EXPECT_TRUE(view.connections.empty());
  EXPECT_TRUE(server.recorder.closed.empty());  // it never was a flow
}

TEST_F(WebConnectionTest, BrokenFramesEndTheConnectionWithACloseCode) {
  TestElement server(loop, server_options());
  auto peer = connect(server);
  peer.send(server_frame(kText, "unmasked"));
  const std::string closing = read_until(peer, "\x03\xea");  // 1002
  EXPECT_EQ(closing.substr(0, 1), "\x88");
  ASSERT_TRUE(loop.run_until([&] { return server.recorder.closed.size() == 1; }, kPatience));
}

TEST_F(WebConnectionTest, SlowUpgradesAndSlowMessagesTimeOut) {
  auto options = server_options();
  options.handshake_time = options.message_time = 150ms;
  TestElement server(loop, options);
  auto silent = RawSocket::connect(server.transports->local(sip::Transport::ws));
  ASSERT_TRUE(loop.run_until([&] { return server.transports->view().failures.size() == 1; }, kPatience));
  EXPECT_EQ(server.transports->view().failures[0].reason, HandshakeReason::timeout);

  auto slow = connect(server);
  slow.send(client_frame(kText, "begun", false));
  ASSERT_TRUE(loop.run_until([&] { return server.recorder.closed.size() == 1; }, kPatience));
}

TEST_F(WebConnectionTest, ClosingSaysGoingAway) {
  TestElement server(loop, server_options());
  auto peer = connect(server);
  ASSERT_TRUE(loop.run_until(
      [&] { return server.transports->view().connections[0].state == ConnectionState::established; }, kPatience));
  server.transports->close();
  EXPECT_THAT(read_until(peer, "\x03\xe9"), HasSubstr("\x03\xe9"));  // 1001
}

TEST_F(WebConnectionTest, HalfOpenUpgradesAreLimited) {
  auto options = server_options();
  options.half_open_handshakes = 1;
  TestElement server(loop, options);
  auto first = RawSocket::connect(server.transports->local(sip::Transport::ws));
  ASSERT_TRUE(loop.run_until([&] { return server.transports->view().connections.size() == 1; }, kPatience));
  auto second = RawSocket::connect(server.transports->local(sip::Transport::ws));
  ASSERT_TRUE(loop.run_until([&] { return server.transports->view().totals.refused_by_limit == 1; }, kPatience));
  loop.run_until([&] { return first.send(upgrade_request()); }, kPatience);
  EXPECT_THAT(read_until(first, "\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
  auto third = connect(server);  // the first counts no more
}

}  // namespace
}  // namespace ringwall::runtime::test
