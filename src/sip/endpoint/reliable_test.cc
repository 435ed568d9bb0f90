#include <gmock/gmock.h>

#include "base/limits.h"
#include "sip/endpoint/simulated_call.h"

namespace ringwall::sip {
namespace {

using simulated::Party;
using simulated::reconfigure;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

struct ReliableTest : simulated::CallFixture {
  ReliableTest() : CallFixture(Transport::udp) {}
};

TEST_F(ReliableTest, AnAnswerInAReliableResponse) {
  ring();
  network.wire.clear();
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  network.run(100ms);
  const auto progress = ada.take<Progress>();
  ASSERT_TRUE(progress);
  EXPECT_FALSE(progress->offers);
  EXPECT_EQ(progress->message->body(), "answer");
  EXPECT_EQ(progress->message->header(HeaderName::require), "100rel");
  EXPECT_THAT(network.wire, ElementsAre("bob 183 INVITE", "ada PRACK", "bob 200 PRACK"));
  EXPECT_TRUE(bob.events.empty()) << "a PRACK without SDP is the endpoint's own";
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(50ms);
  const auto answered = ada.take<Answered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->message->body(), "") << "the answer is not given twice";
  ada.endpoint.ack(adas, {}, network.now);
  network.run(50ms);
  EXPECT_TRUE(bob.take<Acked>());
}

TEST_F(ReliableTest, RAckNamesTheResponse) {
  ring();
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  network.run(100ms);
  const auto invite = last("INVITE");
  EXPECT_EQ(header("PRACK", HeaderName::rack),
            fmt::format("{} {} INVITE", header("SIP/2.0 183", HeaderName::rseq), invite->cseq().number));
  EXPECT_EQ(last("PRACK")->to().tag, bob.endpoint.view(bobs)->local_tag);
}

// RFC 3262 section 5: no offer in the INVITE, so the reliable response offers and its PRACK answers.
TEST_F(ReliableTest, AnOfferInAReliableResponse) {
  ring("");
  bob.endpoint.provisional(bobs, 183, sdp_body("bob's offer"), network.now);
  network.run(100ms);
  const auto progress = ada.take<Progress>();
  ASSERT_TRUE(progress);
  EXPECT_TRUE(progress->offers);
  EXPECT_EQ(count("ada PRACK"), 0);
  bob.endpoint.accept(bobs, {}, network.now);
  network.run(50ms);
  EXPECT_EQ(count("bob 200 INVITE"), 0) << "the 2xx waits for the PRACK";
  ada.endpoint.prack(adas, sdp_body("ada's answer"), network.now);
  network.run(50ms);
  const auto pracked = bob.take<Pracked>();
  ASSERT_TRUE(pracked);
  EXPECT_FALSE(pracked->id);
  EXPECT_EQ(pracked->message->body(), "ada's answer");
  EXPECT_EQ(count("bob 200 INVITE"), 1);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.prack(adas, sdp_body("again"), network.now);  // there is no offer any more
  ada.endpoint.ack(adas, {}, network.now);
  network.run(50ms);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_EQ(count("ada PRACK"), 1);
}

TEST_F(ReliableTest, TwoResponsesGoOneAfterTheOther) {
  ring("offer", {{"Require", "100rel"}});
  network.wire.clear();
  network.drop = [](const Message& message) { return message.method() == Method::prack; };
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  bob.endpoint.provisional(bobs, 182, {}, network.now);
  network.run(300ms);
  EXPECT_EQ(count("bob 183 INVITE"), 0);
  network.drop = nullptr;
  network.run(1s);
  EXPECT_THAT(network.wire, Contains("bob 183 INVITE").Times(1));
  EXPECT_THAT(network.wire, Contains("bob 182 INVITE").Times(1));
  for (const int status : {180, 183, 182})
    EXPECT_EQ(ada.take<Progress>()->message->status(), status);
}

TEST_F(ReliableTest, QueuedResponsesAreBounded) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack && message.is_request(); };
  for (int i = 0; i < 100; ++i)
    bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(300ms);
  network.drop = nullptr;
  network.run(10s);
  EXPECT_EQ(static_cast<std::size_t>(count("bob 200 PRACK")), limits::sip_reliable_provisionals + 1);
}

// What the peer says about 100rel, what we do, and whether a response with or without SDP is reliable then.
struct Wish {
  std::string supported, require;
  Reliability ours;
  bool plain, described;
};

struct WishTest : simulated::CallFixture, testing::WithParamInterface<Wish> {};
INSTANTIATE_TEST_SUITE_P(Table, WishTest,
                         testing::Values(Wish{"", "", Reliability::on_request, false, false},
                                         Wish{"100rel", "", Reliability::on_request, false, true},
                                         Wish{"timer, 100REL", "", Reliability::always, true, true},
                                         Wish{"", "", Reliability::always, false, false},
                                         Wish{"", "100rel", Reliability::on_request, true, true},
                                         Wish{"100rel", "", Reliability::never, false, false}));

TEST_P(WishTest, DecidesWhatIsReliable) {
  const Wish& wish = GetParam();
  reconfigure(bob, [&](EndpointOptions& options) { options.reliability = wish.ours; });
  Headers headers{{"Supported", wish.supported}};
  if (!wish.require.empty()) headers.emplace_back("Require", wish.require);
  ring("offer", headers);
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  EXPECT_EQ(header("SIP/2.0 180", HeaderName::rseq) != "", wish.plain);
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  network.run(100ms);
  EXPECT_EQ(header("SIP/2.0 183", HeaderName::rseq) != "", wish.described);
}

TEST_F(ReliableTest, RequiredButNeverIs420) {
  reconfigure(bob, [](EndpointOptions& options) { options.reliability = Reliability::never; });
  Outgoing call = network.call(bob);
  call.headers = {{"Require", "100rel"}};
  adas = ada.endpoint.invite(call, network.now);
  network.run(100ms);
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 420);
  EXPECT_EQ(refused->message->header(HeaderName::unsupported), "100rel");
}

// Section 3: T1, doubled each time without an upper bound, for 64*T1.
TEST_F(ReliableTest, WithoutPrackItIsRepeatedAndGivenUp) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack; };
  const Time began = network.now;
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(31s);
  EXPECT_EQ(count("bob 180 INVITE"), 6) << "at 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s";
  EXPECT_EQ(ada.take<Progress>()->message->status(), 180);
  EXPECT_FALSE(ada.take<Progress>()) << "told once";
  network.run(began + 33s - network.now);
  EXPECT_EQ(ada.take<Refused>()->status, 504);
  EXPECT_THAT(bob.take<Ended>()->reason, HasSubstr("PRACK"));
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
}

TEST_F(ReliableTest, ALostPrackComesAgain) {
  ring("offer", {{"Require", "100rel"}});
  int lost = 0;
  network.drop = [&](const Message& message) { return message.method() == Method::prack && lost++ < 3; };
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(20s);
  EXPECT_GE(count("bob 200 PRACK"), 1);
  EXPECT_TRUE(ada.take<Progress>());
  EXPECT_FALSE(ada.take<Progress>());
  EXPECT_EQ(state(bob, bobs), "early");
}

TEST_F(ReliableTest, AFinalResponseEndsTheRepeating) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack; };
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);  // the 180 held no description: nothing to wait for
  network.run(100ms);
  EXPECT_TRUE(ada.take<Progress>());
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  network.drop = nullptr;
  network.wire.clear();
  network.run(10s);
  EXPECT_EQ(count("bob 180 INVITE"), 0);
  EXPECT_EQ(count("bob 200 PRACK"), 1) << "a late PRACK is still answered";
  EXPECT_TRUE(bob.take<Acked>());
}

// RFC 3262 section 3: whoever sends a final response must be prepared to process the PRACKs that are still out.
class LatePrackTest : public ReliableTest, public testing::WithParamInterface<int> {};

TEST_P(LatePrackTest, IsAnsweredAfterARefusal) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack && message.is_request(); };
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  std::string prack(last("PRACK")->bytes());
  if (GetParam() == 486) bob.endpoint.reject(bobs, {.status = 486}, network.now);
  if (GetParam() == 603) bob.endpoint.hang_up(bobs, network.now);
  if (GetParam() == 487) ada.endpoint.hang_up(adas, network.now);
  network.run(100ms);
  EXPECT_EQ(count(fmt::format("bob {} INVITE", GetParam())), 1);
  ASSERT_EQ(bob.endpoint.leg_count(), 0U);
  network.drop = nullptr;
  network.wire.clear();
  network.run(4s);
  EXPECT_THAT(network.wire, Contains("bob 200 PRACK").Times(1)) << "the same PRACK comes again";
  EXPECT_EQ(count("bob 481 PRACK"), 0);
  // Another PRACK for it matches nothing any more.
  const auto branch = prack.find("branch=z9hG4bK") + 14;
  prack.replace(branch, 4, "more");
  network.inject(bob, prack);
  EXPECT_EQ(count("bob 481 PRACK"), 1);
}
INSTANTIATE_TEST_SUITE_P(ReliableTest, LatePrackTest, testing::Values(486, 487, 603));

TEST_F(ReliableTest, APrackThatIsTooLateIsNot) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack && message.is_request(); };
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  const std::string prack(last("PRACK")->bytes());
  bob.endpoint.reject(bobs, {.status = 486}, network.now);
  network.run(33s);  // 64*T1
  network.inject(bob, prack);
  EXPECT_EQ(count("bob 481 PRACK"), 1);
  EXPECT_EQ(count("bob 200 PRACK"), 0);
}

TEST_F(ReliableTest, ResponsesOutOfOrderAreNotTaken) {
  ring("offer", {{"Require", "100rel"}});
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  EXPECT_TRUE(ada.take<Progress>());
  std::string jump(last("SIP/2.0 180")->bytes());
  const std::string rseq = header("SIP/2.0 180", HeaderName::rseq);
  jump.replace(jump.find("RSeq: " + rseq), 6 + rseq.size(), "RSeq: " + std::to_string(std::stoull(rseq) + 2));
  network.wire.clear();
  network.inject(ada, jump);
  EXPECT_FALSE(ada.take<Progress>());
  EXPECT_THAT(network.wire, Not(Contains("ada PRACK")));
}

// Section 3, and what a PRACK may not be.
TEST_F(ReliableTest, PracksThatMatchNothing) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack && message.is_request(); };
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  const std::string prack(last("PRACK")->bytes());
  network.drop = nullptr;
  struct Case {
    std::string rack;
    int status;
  };
  const std::string rseq = header("SIP/2.0 180", HeaderName::rseq);
  const std::string cseq = std::to_string(last("INVITE")->cseq().number);
  int number = 100;
  for (const Case& one : {Case{"1", 400}, Case{"", 400}, Case{"7 " + cseq + " INVITE", 481},
                          Case{rseq + " 4711 INVITE", 481}, Case{rseq + " " + cseq + " UPDATE", 481},
                          Case{rseq + " " + cseq + " INVITE", 200}, Case{rseq + " " + cseq + " INVITE", 481}}) {
    std::string bytes = prack;
    const auto put = [&](std::string_view name, const std::string& value) {
      const auto at = bytes.find(std::string(name) + ": ");
      bytes.replace(at, bytes.find("\r\n", at) - at, std::string(name) + ": " + value);
    };
    put("RAck", one.rack);
    put("CSeq", std::to_string(++number) + " PRACK");
    const auto branch = bytes.find("branch=z9hG4bK") + 14;
    bytes.replace(branch, 4, std::to_string(number + 1000).substr(0, 4));
    network.transmits.clear();
    network.inject(bob, bytes);
    const auto answer = last("SIP/2.0");
    ASSERT_TRUE(answer) << one.rack;
    EXPECT_EQ(answer->status(), one.status) << one.rack;
  }
}

// A PRACK may hold an offer of its own once the first one is answered (section 5).
TEST_F(ReliableTest, AnOfferInAPrack) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack && message.is_request(); };
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  network.run(100ms);
  std::string prack(last("PRACK")->bytes());
  network.drop = [](const Message& message) { return message.method() == Method::prack; };
  prack.replace(prack.find("Content-Length: 0\r\n\r\n"), 21,
                "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nagain");
  network.inject(bob, prack);
  const auto pracked = bob.take<Pracked>();
  ASSERT_TRUE(pracked);
  ASSERT_TRUE(pracked->id);
  EXPECT_EQ(pracked->message->body(), "again");
  bob.endpoint.accept(bobs, {}, network.now);
  network.run(10ms);
  EXPECT_EQ(count("bob 200 INVITE"), 0) << "the offer has to be answered first";
  bob.endpoint.respond(pracked->id, {.body = sdp_body("its answer")}, network.now);
  network.run(50ms);
  EXPECT_EQ(last("SIP/2.0 200")->method(), Method::invite);
  EXPECT_EQ(count("bob 200 PRACK"), 1);
  EXPECT_EQ(count("bob 200 INVITE"), 1);
}

TEST_F(ReliableTest, HangingUpWithAnUnacknowledgedResponse) {
  ring("offer", {{"Require", "100rel"}});
  network.drop = [](const Message& message) { return message.method() == Method::prack; };
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  bob.endpoint.accept(bobs, {}, network.now);
  network.run(100ms);
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Ended>());
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
  EXPECT_EQ(count("bob 487 INVITE"), 1);
}

TEST_F(ReliableTest, EachMinuteAnewOne) {
  ring("offer", {{"Require", "100rel"}});
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(130s);
  EXPECT_EQ(count("bob 180 INVITE"), 3);
  EXPECT_EQ(count("bob 200 PRACK"), 3);
}

TEST_F(ReliableTest, AReinviteMayBeAnsweredReliably) {
  establish();
  ada.endpoint.reinvite(adas, sdp_body("new offer"), network.now);
  network.run(50ms);
  EXPECT_TRUE(bob.take<Reinvited>());
  bob.endpoint.provisional(bobs, 183, sdp_body("new answer"), network.now);
  network.run(50ms);
  const auto progress = ada.take<Progress>();
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->message->body(), "new answer");
  bob.endpoint.accept(bobs, sdp_body("new answer"), network.now);
  network.run(50ms);
  EXPECT_EQ(ada.take<Answered>()->message->body(), "");
  ada.endpoint.ack(adas, {}, network.now);
  network.run(50ms);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_THAT(network.wire, Contains("ada PRACK").Times(1));
}

}  // namespace
}  // namespace ringwall::sip
