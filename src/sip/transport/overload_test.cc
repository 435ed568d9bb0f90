#include "sip/transport/overload.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const NetAddress server{"192.0.2.1", 5061}, other{"192.0.2.2", 5061};

Via via(std::string_view parameters) {
  return parse_via(parameters).value();
}
Message request(const std::string& via_more, const std::string& to = "sip:b@b", const std::string& headers = "",
                const std::string& method = "INVITE") {
  auto message =
      Message::parse(method + " sip:b@b SIP/2.0\r\nVia: SIP/2.0/TLS a;branch=z9hG4bK1" + via_more +
                     "\r\nMax-Forwards: 70\r\nFrom: <sip:a@a>;tag=1\r\nTo: <" + to + ">\r\nCall-ID: 1\r\nCSeq: 1 " +
                     method + "\r\n" + headers + "Content-Length: 0\r\n\r\n");
  EXPECT_TRUE(message) << message.error().reason;
  return std::move(*message);
}

class OverloadClientTest : public testing::Test {
 protected:
  void learn(const std::string& parameters) {
    const std::string text = "SIP/2.0/TLS a;branch=z9hG4bK1" + parameters;
    client.learn(server, via(text), now);
  }
  int admitted_of_100(const NetAddress& address, bool urgent = false) {
    int admitted = 0;
    for (std::uint64_t random = 0; random < 100; ++random)
      admitted += client.admits(address, urgent, random, now);
    return admitted;
  }
  OverloadClient client;
  Time now{1'000s};
};

TEST_F(OverloadClientTest, CutsThePartThatWasAskedForAndNoLonger) {
  EXPECT_EQ(admitted_of_100(server), 100);
  learn(";oc=20;oc-algo=\"loss\";oc-validity=3000;oc-seq=1282321615.782");
  EXPECT_EQ(admitted_of_100(server), 80);
  EXPECT_EQ(admitted_of_100(other), 100);
  now += 2'999ms;
  EXPECT_EQ(admitted_of_100(server), 80);
  now += 1ms;
  EXPECT_EQ(admitted_of_100(server), 100);
}

TEST_F(OverloadClientTest, UrgentRequestsAreCutLast) {
  learn(";oc=99;oc-algo=\"loss\";oc-seq=1.1");
  EXPECT_EQ(admitted_of_100(server), 1);
  EXPECT_EQ(admitted_of_100(server, true), 100);
  learn(";oc=100;oc-algo=\"loss\";oc-seq=1.2");
  EXPECT_EQ(admitted_of_100(server, true), 0);
}

TEST_F(OverloadClientTest, HoldsHalfASecondIfNothingIsSaid) {
  learn(";oc=50");
  now += 499ms;
  EXPECT_EQ(client.loss(server, now), 50u);
  now += 1ms;
  EXPECT_EQ(client.loss(server, now), 0u);
}

TEST_F(OverloadClientTest, AnOlderWordDoesNotReplaceANewerOne) {
  learn(";oc=20;oc-validity=5000;oc-seq=10.5");
  learn(";oc=80;oc-validity=5000;oc-seq=10.49999");
  EXPECT_EQ(client.loss(server, now), 20u);
  learn(";oc=30;oc-validity=5000;oc-seq=10.50001");
  EXPECT_EQ(client.loss(server, now), 30u);
}

TEST_F(OverloadClientTest, ValidityZeroEndsIt) {
  learn(";oc=20;oc-validity=5000;oc-seq=1.1");
  learn(";oc=0;oc-validity=0;oc-seq=1.2");
  EXPECT_EQ(client.loss(server, now), 0u);
}

TEST_F(OverloadClientTest, WhatIsMalformedCountsForNothing) {
  for (const std::string bad :
       {";oc", ";oc=101", ";oc=-1", ";oc=x", ";oc=20;oc-algo=\"rate\"", ";xoc=20", ";oc=4294967316"})
    learn(bad);
  EXPECT_EQ(client.loss(server, now), 0u);
  learn(";oc=20;oc-validity=99999999");  // held for a minute at most
  now += 60s;
  EXPECT_EQ(client.loss(server, now), 0u);
}

class OverloadServerTest : public testing::Test {
 protected:
  void measure(int times, Duration delay, std::size_t transactions = 0) {
    for (int i = 0; i < times; ++i)
      control.measure(transactions, delay, now += 250ms);
  }
  void rise(int steps) { measure(2 + steps, 200ms); }
  std::string announced(const std::string& via_more) {
    const std::string text = "SIP/2.0/TLS a;branch=z9hG4bK1" + via_more;
    return control.announce(text, via(text));
  }
  OverloadServer control;
  Time now{1'000s};
};

TEST_F(OverloadServerTest, RisesWhileTheLoopIsLateAndFallsAfterwards) {
  measure(4, 20ms);
  EXPECT_EQ(control.loss(), 0u);
  measure(2, 1s);
  EXPECT_EQ(control.loss(), 0u) << "the processor was elsewhere for a moment";
  measure(3, 200ms);
  EXPECT_EQ(control.loss(), 30u);
  measure(2, 100ms);  // neither good nor bad
  EXPECT_EQ(control.loss(), 30u);
  measure(20, 1s);
  EXPECT_EQ(control.loss(), 95u);
  measure(19, 1ms);
  EXPECT_EQ(control.loss(), 0u);
}

TEST_F(OverloadServerTest, ManyTransactionsAreOverloadToo) {
  measure(1, 0ms, limits::sip_transactions * 4 / 5);
  EXPECT_EQ(control.loss(), 0u);
  measure(1, 0ms, limits::sip_transactions * 9 / 10);
  EXPECT_EQ(control.loss(), 50u);
  measure(1, 0ms, limits::sip_transactions * 2);
  EXPECT_EQ(control.loss(), 95u);
}

TEST_F(OverloadServerTest, ShedsNewCallsButNotTheUrgentOnes) {
  rise(3);
  EXPECT_TRUE(control.sheds(request(""), 29));
  EXPECT_FALSE(control.sheds(request(""), 30));
  EXPECT_FALSE(control.sheds(request("", "urn:service:sos.fire"), 0));
  EXPECT_FALSE(control.sheds(request("", "sip:b@b", "Priority: emergency\r\n"), 0));
  EXPECT_FALSE(control.sheds(request("", "sip:b@b", "Resource-Priority: ets.0\r\n"), 0));
  EXPECT_TRUE(control.sheds(request("", "sip:b@b", "Priority: urgent\r\n"), 0));
  EXPECT_FALSE(control.sheds(request("", "sip:b@b", "", "OPTIONS"), 0)) << "who asks is told, not cut";
}

TEST_F(OverloadServerTest, ClientsThatCutByThemselvesAreNotCutTwice) {
  rise(4);
  EXPECT_EQ(control.loss(), 40u);
  EXPECT_FALSE(control.sheds(request(std::string(overload_offer)), 0));
  measure(1, 200ms);
  EXPECT_TRUE(control.sheds(request(std::string(overload_offer)), 0)) << "they seem not to";
}

TEST_F(OverloadServerTest, AnnouncesToThoseWhoOffered) {
  const std::string offer(overload_offer);
  EXPECT_THAT(announced(offer), testing::EndsWith(offer)) << "nothing to say";
  rise(2);
  const std::string said = announced(offer + ";rport=1");
  EXPECT_THAT(
      said, HasSubstr("SIP/2.0/TLS a;branch=z9hG4bK1;rport=1;oc=20;oc-algo=\"loss\";oc-validity=1000;oc-seq=1001.000"));
  EXPECT_THAT(said, Not(HasSubstr(";oc;")));
  EXPECT_THAT(announced(""), Not(HasSubstr("oc")));
  EXPECT_THAT(announced(";oc=5"), Not(HasSubstr("oc=20"))) << "a request's oc has no value";
  measure(4, 0ms);
  EXPECT_THAT(announced(offer), HasSubstr(";oc=0;"));
  measure(8, 0ms);
  EXPECT_THAT(announced(offer), Not(HasSubstr("oc=")));
}

TEST_F(OverloadServerTest, ItsClientUnderstandsIt) {
  rise(3);
  OverloadClient client;
  const std::string said = announced(std::string(overload_offer));
  client.learn(server, via(said), now);
  EXPECT_EQ(client.loss(server, now), 30u);
  measure(1, 200ms);
  const std::string next = announced(std::string(overload_offer));
  client.learn(server, via(next), now);
  EXPECT_EQ(client.loss(server, now), 40u);
}

}  // namespace
}  // namespace ringwall::sip
