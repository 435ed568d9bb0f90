#include <gtest/gtest.h>

#include "sip/endpoint/endpoint.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;

// A called side whose 100 may wait.
struct TryingTest : testing::Test {
  static EndpointOptions options() {
    EndpointOptions out;
    out.name = "bob";
    out.host = "10.0.0.2";
    out.local = [](Transport) { return NetAddress{"10.0.0.2", 5061}; };
    out.random = [number = std::uint64_t{0}]() mutable { return ++number; };
    out.trying_after = 150ms;
    return out;
  }
  void invite() {
    endpoint.receive({FlowId{1}, Transport::tls, {"10.0.0.2", 5061}, {"10.0.0.1", 40000}},
                     "INVITE sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1\r\n"
                     "Max-Forwards: 70\r\nFrom: <sip:ada@10.0.0.1>;tag=a\r\nTo: <sip:bob@10.0.0.2>\r\n"
                     "Call-ID: 1@10.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:ada@10.0.0.1>\r\n"
                     "Content-Length: 0\r\n\r\n",
                     now);
  }
  // Status of the next message; 0: there is none.
  int sent() {
    const auto transmit = endpoint.poll_transmit();
    return transmit ? Message::parse(transmit->bytes)->status() : 0;
  }
  void pass(Duration time) {
    now += time;
    endpoint.expire(now);
  }
  LegId leg() { return std::get<IncomingInvite>(*endpoint.poll_event()).leg; }

  Time now{1000s};
  Endpoint endpoint{options()};
};

TEST_F(TryingTest, The100ComesWhereNobodyAnswersInTime) {
  invite();
  EXPECT_EQ(sent(), 0);
  ASSERT_TRUE(endpoint.next_timer());
  EXPECT_LE(*endpoint.next_timer(), now + 150ms);
  pass(150ms);
  EXPECT_EQ(sent(), 100);
  pass(10s);
  EXPECT_EQ(sent(), 0);
}

TEST_F(TryingTest, ARepeatedInviteGetsItAtOnce) {
  invite();
  invite();
  EXPECT_EQ(sent(), 100);
  pass(150ms);
  EXPECT_EQ(sent(), 0);
}

TEST_F(TryingTest, AnAnswerThatComesFirstSaysItAll) {
  invite();
  endpoint.provisional(leg(), 180, {}, now);
  EXPECT_EQ(sent(), 180);
  pass(1s);
  EXPECT_EQ(sent(), 0);
}

}  // namespace
}  // namespace ringwall::sip
