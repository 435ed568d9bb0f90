#include "runtime/web_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "runtime/web_socket_for_test.h"

namespace ringwall::runtime::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A WebSocket whose peer is the test.
class WebSocketTest : public testing::Test {
 protected:
  void open() {
    socket.receive(upgrade_request());
    ASSERT_EQ(socket.state(), WebSocket::State::open) << socket.take_output();
    (void)socket.take_output();
  }
  /// What was refused, with the answer that the peer got.
  std::string refusal_of(std::string_view request, WebSocketRules rules = {}) {
    WebSocket refused(std::make_shared<WebSocketEngine>(std::move(rules)));
    refused.receive(request);
    EXPECT_EQ(refused.state(), WebSocket::State::closed);
    why = refused.why().text();
    return refused.take_output();
  }
  std::vector<std::string> messages() {
    std::vector<std::string> out;
    while (auto message = socket.poll_message())
      out.push_back(std::move(*message));
    return out;
  }
  /// The close code that the peer was sent.
  int close_code() {
    const std::string out = socket.take_output();
    if (out.size() < 4 || static_cast<std::uint8_t>(out[0]) != (0x80 | kClose)) return 0;
    return static_cast<std::uint8_t>(out[2]) << 8 | static_cast<std::uint8_t>(out[3]);
  }

  WebSocket socket{std::make_shared<WebSocketEngine>(WebSocketRules{})};
  std::string why;
};

TEST_F(WebSocketTest, UpgradesWithTheSampleKeyOfRfc6455) {
  socket.receive(upgrade_request("Sec-WebSocket-Protocol: chat, SIP\r\nOrigin: https://agent.ringwall.test\r\n"));
  EXPECT_EQ(socket.state(), WebSocket::State::open);
  EXPECT_THAT(socket.take_output(),
              AllOf(StartsWith("HTTP/1.1 101 "), HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
                    HasSubstr("Sec-WebSocket-Protocol: sip\r\n")));
}

TEST_F(WebSocketTest, TakesEverythingByteByByte) {
  for (const char byte : upgrade_request() + client_frame(kText, "OPTIONS") + client_frame(kBinary, "BYE"))
    socket.receive({&byte, 1});
  EXPECT_THAT(messages(), testing::ElementsAre("OPTIONS", "BYE"));
}

TEST_F(WebSocketTest, JoinsFragmentsAroundAPing) {
  open();
  socket.receive(client_frame(kText, "INV", false));
  EXPECT_TRUE(socket.within_message());
  EXPECT_THAT(messages(), IsEmpty());
  socket.receive(client_frame(kPing, "still there?"));
  EXPECT_EQ(socket.take_output(), server_frame(kPong, "still there?"));
  socket.receive(client_frame(0, "ITE"));
  EXPECT_FALSE(socket.within_message());
  EXPECT_THAT(messages(), testing::ElementsAre("INVITE"));
}

TEST_F(WebSocketTest, ABegunFrameIsNoticed) {
  open();
  EXPECT_FALSE(socket.within_message());
  const std::string frame = client_frame(kText, "OPTIONS");
  socket.receive(std::string_view(frame).substr(0, frame.size() - 1));
  EXPECT_TRUE(socket.within_message());
  socket.receive(frame.substr(frame.size() - 1));
  EXPECT_FALSE(socket.within_message());
}

TEST_F(WebSocketTest, SendsTextAndBinary) {
  open();
  socket.send("d\xc3\xa9j\xc3\xa0");
  EXPECT_EQ(socket.take_output(), server_frame(kText, "d\xc3\xa9j\xc3\xa0"));
  socket.send("\xff\xfe");
  EXPECT_EQ(socket.take_output(), server_frame(kBinary, "\xff\xfe"));
}

TEST_F(WebSocketTest, TheLargestMessageIsOneFrameEachWay) {
  open();
  const std::string large(limits::websocket_frame_bytes, 'x');
  socket.receive(client_frame(kText, large));
  EXPECT_THAT(messages(), testing::ElementsAre(large));
  socket.send(large);
  const std::string out = socket.take_output();
  EXPECT_EQ(out.size(), large.size() + 10);
  EXPECT_EQ(static_cast<std::uint8_t>(out[0]), 0x80 | kText);
}

TEST_F(WebSocketTest, AnOversizedMessageEndsIt) {
  open();
  socket.receive(client_frame(kText, std::string(limits::websocket_frame_bytes + 1, 'x')));
  EXPECT_EQ(socket.state(), WebSocket::State::closed);
  EXPECT_EQ(close_code(), 1009);
  EXPECT_THAT(socket.why().what, HasSubstr("larger than 65536 bytes"));
  EXPECT_THAT(messages(), IsEmpty());
}

TEST_F(WebSocketTest, FragmentsCannotGetAroundTheSize) {
  open();
  const std::string half(limits::websocket_frame_bytes / 2 + 1, 'x');
  socket.receive(client_frame(kText, half, false));
  socket.receive(client_frame(0, half));
  EXPECT_EQ(socket.state(), WebSocket::State::closed);
  EXPECT_EQ(close_code(), 1009);
}

TEST_F(WebSocketTest, BrokenFramesEndIt) {
  struct Case {
    std::string bytes;
    int code;
  };
  const Case cases[] = {
      {server_frame(kText, "unmasked"), 1002},
      {client_frame(3, "reserved opcode"), 1002},
      {client_frame(0, "nothing to continue"), 1002},
      {client_frame(kPing, std::string(126, 'x')), 1002},
      {client_frame(kText, "\xc3\x28 is no UTF-8"), 1007},
      {client_frame(kText, "a", false) + client_frame(kText, "b"), 1002},
      {"\xf1" + client_frame(kText, "reserved bits").substr(1), 1002},
  };
  for (const auto& [bytes, code] : cases) {
    WebSocket broken(std::make_shared<WebSocketEngine>(WebSocketRules{}));
    broken.receive(upgrade_request());
    (void)broken.take_output();
    broken.receive(bytes);
    EXPECT_EQ(broken.state(), WebSocket::State::closed) << testing::PrintToString(bytes);
    EXPECT_THAT(broken.why().what, HasSubstr("broke the WebSocket protocol"));
    const std::string out = broken.take_output();
    ASSERT_GE(out.size(), 4u);
    EXPECT_EQ(static_cast<std::uint8_t>(out[2]) << 8 | static_cast<std::uint8_t>(out[3]), code);
    EXPECT_FALSE(broken.poll_message());
  }
}

TEST_F(WebSocketTest, ClosesInOrder) {
  open();
  socket.receive(client_frame(kText, "BYE") + client_frame(kClose, "\x03\xe8"));
  EXPECT_EQ(socket.state(), WebSocket::State::closed);
  EXPECT_TRUE(socket.why().what.empty());
  EXPECT_EQ(close_code(), 1000);
  EXPECT_THAT(messages(), testing::ElementsAre("BYE"));  // what came before the end counts
}

TEST_F(WebSocketTest, SaysThatItGoesAway) {
  open();
  socket.close();
  EXPECT_EQ(close_code(), 1001);
  socket.send("late");
  EXPECT_THAT(socket.take_output(), IsEmpty());
}

TEST_F(WebSocketTest, WithoutTheSubprotocolSipNothingOpens) {
  for (const char* offered : {"", "Sec-WebSocket-Protocol: chat\r\n", "Sec-WebSocket-Protocol: sips, asip\r\n"}) {
    EXPECT_THAT(refusal_of(upgrade_request(offered)), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(why, HasSubstr("subprotocol \"sip\""));
  }
}

TEST_F(WebSocketTest, ThePathAndTheOriginAreChecked) {
  const WebSocketRules rules{.path = "/sip", .origins = {"https://agent.ringwall.test"}};
  EXPECT_THAT(refusal_of(upgrade_request("Sec-WebSocket-Protocol: sip\r\n", "/other"), rules),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(
      refusal_of(upgrade_request("Sec-WebSocket-Protocol: sip\r\nOrigin: https://evil.test\r\n", "/sip"), rules),
      StartsWith("HTTP/1.1 403 "));
  for (const char* origin : {"", "Origin: https://agent.ringwall.test\r\n"}) {
    WebSocket good(std::make_shared<WebSocketEngine>(rules));
    good.receive(upgrade_request(std::string("Sec-WebSocket-Protocol: sip\r\n") + origin, "/sip?user=1001"));
    EXPECT_EQ(good.state(), WebSocket::State::open) << origin;
  }
}

TEST_F(WebSocketTest, WhatIsNoUpgradeIsRefused) {
  EXPECT_THAT(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Sec-WebSocket-Version: 13")));
  EXPECT_THAT(refusal_of("OPTIONS sip:a@b SIP/2.0\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refusal_of("\x16\x03\x01\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refusal_of(upgrade_request() + client_frame(kText, "too early")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refusal_of("GET / HTTP/1.1\r\nX: " + std::string(limits::websocket_handshake_bytes, 'x')),
              StartsWith("HTTP/1.1 431 "));
}

}  // namespace
}  // namespace ringwall::runtime::test
