#include <gmock/gmock.h>

#include "sip/endpoint/simulated_call.h"

namespace ringwall::sip::simulated {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Ada calls, Bob has too much to do. Both understand overload control (RFC 7339), or not.
struct OverloadTest : CallFixture {
  explicit OverloadTest(bool ada_offers = true) : CallFixture(Transport::tls) {
    reconfigure(bob, [](EndpointOptions& options) { options.overload_control = true; });
    reconfigure(ada, [=](EndpointOptions& options) { options.overload_control = ada_offers; });
  }
  /// After two measurements that count as hiccups, so many more.
  void busy(int times, Duration delay = 400ms) {
    for (int i = 0; i < 2 + times; ++i)
      bob.endpoint.load(delay, network.now += 250ms);
  }
  struct Outcome {
    int sent = 0, cut = 0, refused = 0, arrived = 0;
  };
  /// So many calls, each refused by Bob's user if it comes so far.
  Outcome calls(int count, const Headers& headers = {}) {
    Outcome out;
    for (int i = 0; i < count; ++i) {
      const std::size_t before = network.wire.size();
      Outgoing call = network.call(bob);
      call.headers = headers;
      (void)ada.endpoint.invite(std::move(call), network.now);
      network.run(50ms);
      out.sent += std::ranges::count(network.wire.begin() + static_cast<std::ptrdiff_t>(before), network.wire.end(),
                                     std::string("ada INVITE"));
      if (const auto incoming = bob.take<IncomingInvite>()) {
        ++out.arrived;
        bob.endpoint.reject(incoming->leg, {.status = 486}, network.now);
        network.run(50ms);
      }
      while (const auto refused = ada.take<Refused>()) {
        out.cut += refused->cut;
        out.refused += !refused->cut && refused->status == 503;
      }
      ada.events.clear();
      bob.events.clear();
    }
    return out;
  }
  std::string last_response() const {
    for (auto at = network.transmits.rbegin(); at != network.transmits.rend(); ++at)
      if (at->bytes.starts_with("SIP/2.0 ")) return at->bytes;
    return {};
  }
};
struct OldClientTest : OverloadTest {
  OldClientTest() : OverloadTest(false) {}
};

TEST_F(OverloadTest, WithTimeForAllNothingIsSaid) {
  busy(5, 1ms);
  EXPECT_EQ(calls(5).arrived, 5);
  EXPECT_THAT(last_response(), HasSubstr(";oc;oc-algo=\"loss\""));
}

TEST_F(OverloadTest, TheClientCutsWhatItIsAskedTo) {
  busy(4);
  const Outcome first = calls(1);  // nothing was said yet: it is taken, and the answer says 40 %
  EXPECT_EQ(first.arrived, 1);
  EXPECT_THAT(last_response(), HasSubstr(";oc=40;oc-algo=\"loss\";oc-validity=1000;oc-seq="));
  Outcome all;
  for (int i = 0; i < 20; ++i) {  // a word holds for a second: the calls that are sent renew it
    const Outcome some = calls(10);
    all.sent += some.sent, all.cut += some.cut, all.refused += some.refused, all.arrived += some.arrived;
  }
  EXPECT_EQ(all.sent + all.cut, 200);
  EXPECT_NEAR(all.cut, 80, 30);
  EXPECT_EQ(all.refused, 0);
  EXPECT_EQ(all.arrived, all.sent);
}

TEST_F(OverloadTest, EmergencyCallsArePassed) {
  busy(9);
  (void)calls(1);
  const Outcome urgent = calls(20, {{"Priority", "emergency"}});
  EXPECT_EQ(urgent.arrived, 20);
}

TEST_F(OverloadTest, WhenItIsOverEverythingPassesAgain) {
  busy(9);
  (void)calls(3);
  busy(20, 1ms);
  network.run(2s);
  EXPECT_EQ(calls(20).arrived, 20);
}

TEST_F(OverloadTest, CallsThatRunAreLeftAlone) {
  establish();
  busy(20);
  ada.endpoint.reinvite(adas, sdp_body("again"), network.now);
  network.run(100ms);
  EXPECT_TRUE(bob.take<Reinvited>());
}

TEST_F(OldClientTest, WhoDoesNotUnderstandGets503AndRetryAfter) {
  busy(5);
  const Outcome all = calls(200);
  EXPECT_EQ(all.sent, 200);
  EXPECT_NEAR(all.refused, 100, 30);
  EXPECT_EQ(all.arrived + all.refused, 200);
  EXPECT_EQ(bob.endpoint.load(400ms, network.now).turned_away, static_cast<std::uint64_t>(all.refused));
  EXPECT_THAT(network.transmits,
              testing::Contains(testing::Field(&Transmit::bytes, testing::AllOf(testing::StartsWith("SIP/2.0 503 "),
                                                                                HasSubstr("Retry-After: 2\r\n")))));
  EXPECT_THAT(last_response(), Not(HasSubstr("oc=")));
}

TEST_F(OverloadTest, AMethodOfNoRfcMayBeSentByName) {
  Outgoing ping = network.call(bob, "");
  ping.method_name = "PING";
  const RequestId id = ada.endpoint.request(Method::other, std::move(ping), network.now);
  network.run(100ms);
  const auto completed = ada.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->id, id);
  EXPECT_EQ(completed->status, 405);  // an answer all the same
  EXPECT_EQ(ada.endpoint.request(Method::other, network.call(bob, ""), network.now).value != 0, true);
  network.run(100ms);
  EXPECT_EQ(ada.take<Completed>().value().message, nullptr);
}

}  // namespace
}  // namespace ringwall::sip::simulated
