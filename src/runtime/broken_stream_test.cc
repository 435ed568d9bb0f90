#include <gmock/gmock.h>

#include "runtime/element_for_test.h"
#include "runtime/raw_socket_for_test.h"
#include "runtime/sip_host.h"

// A stream that cannot be cut any further: its last message is refused, then the connection is closed.

namespace ringwall::runtime::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class BrokenStreamTest : public testing::Test {
 protected:
  BrokenStreamTest() {
    auto options = element_options("server", "127.55.12.1", root.identity("server.ringwall.test"));
    options.clear_listeners = {{sip::Transport::tcp, 0, "test"}};
    options.sources.never_blocked = {"127.0.0.1"};
    host = SipHost::create(loop, std::move(options), [this](sip::Event event) {
             if (const auto* request = std::get_if<sip::IncomingRequest>(&event))
               host->endpoint().respond(request->id, {200}, loop.now());
           }).value();
    host->on_flow_closed([this](sip::FlowId) { ++closed; });
  }
  void connect() { peer = RawSocket::connect(host->local(sip::Transport::tcp)); }
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }
  void send(std::string_view text) {
    ASSERT_TRUE(run([&] {
      const auto count = ::send(peer.fd(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
      return text.empty();
    }));
  }
  /// All that comes until the connection is closed.
  std::string hear() {
    std::string out;
    EXPECT_TRUE(run([&] {
      std::string more;
      do
        out += more = peer.receive();
      while (!more.empty());
      return peer.closed();
    })) << out.substr(0, 500);
    return out;
  }
  static std::string request(int number, std::string_view length = "Content-Length: 0\r\n",
                             std::string_view more = {}) {
    return fmt::format(
        "OPTIONS sip:b@ringwall.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.55.12.9;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
        "From: <sip:a@ringwall.test>;tag=1\r\nTo: <sip:b@ringwall.test>\r\nCall-ID: {0}@a\r\nCSeq: 1 OPTIONS\r\n"
        "{2}{1}\r\n",
        number, length, more);
  }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
  std::unique_ptr<SipHost> host;
  RawSocket peer;
  int closed = 0;
};

TEST_F(BrokenStreamTest, IsAnsweredWithAReasonThatNamesTheHeader) {
  const struct {
    std::string message;
    std::string_view status_line;
  } cases[] = {
      {request(1, ""), "SIP/2.0 400 Content-Length: the header is missing\r\n"},
      {request(1, "Content-Length: -1\r\n"), "SIP/2.0 400 Content-Length: it is not a number\r\n"},
      {request(1, "Content-Length: 0\r\nl: 1\r\n"), "SIP/2.0 400 Content-Length: the header is given twice\r\n"},
      {request(1, "Content-Length: 65536\r\n"), "SIP/2.0 413 The body makes the message larger than 65536 bytes\r\n"},
      {request(1, "Content-Length: 0\r\n", "Subject: " + std::string(limits::sip_message_bytes, 'x') + "\r\n"),
       "SIP/2.0 513 Message larger than 65536 bytes\r\n"},
  };
  int streams = 0;
  for (const auto& [message, status_line] : cases) {
    connect();
    send(message);
    const std::string heard = hear();
    EXPECT_THAT(heard, StartsWith(status_line));
    EXPECT_THAT(heard, HasSubstr("Call-ID: 1@a\r\nCSeq: 1 OPTIONS\r\n"));
    EXPECT_THAT(heard, testing::ContainsRegex("To: <sip:b@ringwall.test>;tag=[0-9a-f]"));
    ASSERT_TRUE(run([&] { return closed == streams + 1; })) << "the endpoint is told that the connection is gone";
    ++streams;
    EXPECT_EQ(host->endpoint().malformed_count(), static_cast<std::uint64_t>(streams));
  }
}

TEST_F(BrokenStreamTest, IsClosedWithoutAWordWhereNoneCanBeSaid) {
  for (std::string_view message :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "ACK sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n",
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a\r\nCSeq: 1 INVITE\r\n\r\n"}) {
    connect();
    send(message);
    EXPECT_EQ(hear(), "") << message;
  }
}

TEST_F(BrokenStreamTest, WhatCameBeforeIsAnsweredToTheLast) {
  // More than the socket takes at once: the connection is closed when the peer has read it all.
  connect();
  constexpr int count = 2000;
  const std::string more_via = "Via: SIP/2.0/TCP " + std::string(4000, 'a') + "\r\n";  // comes back
  std::string stream, heard;
  for (int number = 1; number <= count; ++number)
    stream += request(number, "Content-Length: 0\r\n", more_via);
  stream += request(count + 1, "");
  for (std::string_view rest = stream; !rest.empty();) {
    ASSERT_TRUE(run([&] {
      const auto sent = ::send(peer.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
      if (sent > 0) return true;
      heard += peer.receive();
      return false;
    }));
  }
  heard += hear();
  int answers = 0;
  for (auto at = heard.find("SIP/2.0 200 "); at != std::string::npos; at = heard.find("SIP/2.0 200 ", at + 1))
    ++answers;
  EXPECT_EQ(answers, count);
  EXPECT_THAT(heard, HasSubstr("SIP/2.0 400 Content-Length: the header is missing\r\n"));
  EXPECT_THAT(heard.substr(heard.rfind("SIP/2.0 ")), StartsWith("SIP/2.0 400")) << "the last word";
}

TEST_F(BrokenStreamTest, NothingIsReadBehindTheBreak) {
  connect();
  send(request(1, "") + request(2) + request(3, ""));
  const std::string heard = hear();
  EXPECT_EQ(heard.find("SIP/2.0 "), heard.rfind("SIP/2.0 ")) << heard;
  EXPECT_EQ(host->endpoint().malformed_count(), 1u);
}

}  // namespace
}  // namespace ringwall::runtime::test
