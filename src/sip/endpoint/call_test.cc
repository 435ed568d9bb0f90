#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct CallTest : testing::TestWithParam<Transport> {
  Network network{GetParam()};
  Party& ada = network.ada;
  Party& bob = network.bob;
  LegId adas, bobs;

  void TearDown() override {
    network.run(200s);
    EXPECT_TRUE(network.idle());
    EXPECT_THAT(ada.events, IsEmpty());
    EXPECT_THAT(bob.events, IsEmpty());
    for (const std::string& line : network.wire)
      EXPECT_THAT(line, testing::Not(testing::HasSubstr("MALFORMED")));
  }
  void ring() {
    adas = ada.endpoint.invite(network.call(bob), network.now);
    network.run(1s);
    const auto incoming = bob.take<IncomingInvite>();
    ASSERT_TRUE(incoming);
    EXPECT_EQ(incoming->message->body(), "offer");
    bobs = incoming->leg;
  }
  void establish() {
    ring();
    bob.endpoint.provisional(bobs, 180, {}, network.now);
    network.run(1s);
    ASSERT_TRUE(ada.take<Progress>());
    bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    network.run(20ms);
    const auto answered = ada.take<Answered>();
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->leg, adas);
    EXPECT_EQ(answered->message->body(), "answer");
    ada.endpoint.ack(adas, {}, network.now);
    network.run(20ms);
    ASSERT_TRUE(bob.take<Acked>());
    network.wire.clear();
    network.transmits.clear();
  }
  std::string state(Party& party, LegId leg) {
    const auto view = party.endpoint.view(leg);
    return view ? view->state : "none";
  }
  void hang_up(Party& party, LegId leg) {
    party.endpoint.hang_up(leg, network.now);
    network.run(1s);
    Party& other = &party == &ada ? bob : ada;
    EXPECT_TRUE(other.take<Ended>());
  }
};
INSTANTIATE_TEST_SUITE_P(Transports, CallTest, testing::Values(Transport::tls, Transport::udp),
                         [](const auto& one) { return std::string(print(one.param)); });

// RFC 3665 section 3.1
TEST_P(CallTest, IsSetUpAndEnded) {
  ring();
  EXPECT_EQ(state(ada, adas), "proceeding");
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(1s);
  EXPECT_TRUE(ada.take<Progress>());
  EXPECT_EQ(state(ada, adas), "early");
  EXPECT_EQ(state(bob, bobs), "early");
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(20ms);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  network.run(20ms);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_EQ(state(ada, adas), "confirmed");
  ada.endpoint.hang_up(adas, network.now, {{"Reason", "Q.850;cause=16"}}, {"text/plain", "bye"});
  EXPECT_EQ(state(ada, adas), "terminating");
  network.run(1s);
  const auto ended = bob.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->leg, bobs);
  EXPECT_EQ(ended->message->body(), "bye");
  EXPECT_EQ(ended->message->header(HeaderName::reason), "Q.850;cause=16");
  EXPECT_EQ(state(ada, adas), "none");
  EXPECT_THAT(network.wire, ElementsAre("ada INVITE", "bob 100 INVITE", "bob 180 INVITE", "bob 200 INVITE", "ada ACK",
                                        "ada BYE", "bob 200 BYE"));
}

TEST_P(CallTest, ViewsShowBothSides) {
  establish();
  const auto ours = ada.endpoint.view(adas);
  const auto theirs = bob.endpoint.view(bobs);
  ASSERT_TRUE(ours && theirs);
  EXPECT_TRUE(ours->outgoing);
  EXPECT_FALSE(theirs->outgoing);
  EXPECT_EQ(ours->call_id, theirs->call_id);
  EXPECT_EQ(ours->local_tag, theirs->remote_tag);
  EXPECT_EQ(ours->remote_tag, theirs->local_tag);
  EXPECT_EQ(ours->remote_uri, "sip:bob@10.0.0.2");
  EXPECT_EQ(ours->flow, FlowId{1});
  hang_up(bob, bobs);
}

// RFC 3725 flow I asks for it: no offer in the INVITE, the offer in the 200, the answer in the ACK.
TEST_P(CallTest, TakesADelayedOffer) {
  adas = ada.endpoint.invite(network.call(bob, ""), network.now);
  network.run(1s);
  const auto incoming = bob.take<IncomingInvite>();
  ASSERT_TRUE(incoming);
  EXPECT_EQ(incoming->message->body(), "");
  EXPECT_EQ(incoming->message->content_type(), "");
  bob.endpoint.accept(incoming->leg, sdp_body("bob's offer"), network.now);
  network.run(20ms);
  const auto answered = ada.take<Answered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->message->body(), "bob's offer");
  ada.endpoint.ack(adas, sdp_body("ada's answer"), network.now);
  network.run(20ms);
  const auto acked = bob.take<Acked>();
  ASSERT_TRUE(acked);
  EXPECT_EQ(acked->message->body(), "ada's answer");
  hang_up(ada, adas);
}

TEST_P(CallTest, IsRefused) {
  ring();
  bob.endpoint.reject(bobs, {.status = 486, .headers = {{"Warning", "399 bob \"busy\""}}}, network.now);
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
  network.run(1s);
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 486);
  EXPECT_EQ(refused->reason, "Busy Here");
  EXPECT_FALSE(refused->reinvite);
  EXPECT_EQ(refused->message->header(HeaderName::warning), "399 bob \"busy\"");
  EXPECT_THAT(network.wire, ElementsAre("ada INVITE", "bob 100 INVITE", "bob 486 INVITE", "ada ACK"));
}

TEST_P(CallTest, CancelWaitsForTheFirstProvisional) {
  adas = ada.endpoint.invite(network.call(bob), network.now);
  ada.endpoint.hang_up(adas, network.now);
  network.pump();
  EXPECT_THAT(network.wire, ElementsAre("ada INVITE"));
  network.run(1s);
  EXPECT_TRUE(bob.take<IncomingInvite>());
  const auto ended = bob.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->message->method(), Method::cancel);
  EXPECT_THAT(network.wire,
              ElementsAre("ada INVITE", "bob 100 INVITE", "ada CANCEL", "bob 200 CANCEL", "bob 487 INVITE", "ada ACK"));
}

TEST_P(CallTest, CancelWhileRinging) {
  ring();
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(1s);
  EXPECT_TRUE(ada.take<Progress>());
  ada.endpoint.hang_up(adas, network.now, {{"Reason", "SIP;cause=200"}});
  network.run(1s);
  const auto ended = bob.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->message->header(HeaderName::reason), "SIP;cause=200");
  EXPECT_EQ(ada.endpoint.leg_count(), 0U);
  bob.endpoint.accept(bobs, sdp_body("too late"), network.now);  // the application did not know yet
}

TEST_P(CallTest, AnswerCrossesCancel) {
  ring();
  ada.endpoint.hang_up(adas, network.now);
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_TRUE(bob.take<Ended>());
  EXPECT_THAT(network.wire, testing::IsSupersetOf({"ada CANCEL", "bob 200 CANCEL", "bob 200 INVITE", "ada ACK",
                                                   "ada BYE", "bob 200 BYE"}));
}

TEST_P(CallTest, CancelWithoutFinalResponseIsGivenUp) {
  ring();
  network.drop = [](const Message& message) { return message.is_response() || message.method() == Method::ack; };
  ada.endpoint.hang_up(adas, network.now);
  network.run(31s);
  EXPECT_EQ(ada.endpoint.leg_count(), 1U);
  network.run(2s);
  EXPECT_EQ(ada.endpoint.leg_count(), 0U);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_P(CallTest, ReinviteBothWays) {
  establish();
  const auto renegotiate = [&](Party& from, LegId leg, Party& to, LegId other) {
    from.endpoint.reinvite(leg, sdp_body("new offer"), network.now, {{"X-Why", "hold"}});
    network.run(20ms);
    const auto reinvited = to.take<Reinvited>();
    ASSERT_TRUE(reinvited);
    EXPECT_EQ(reinvited->leg, other);
    EXPECT_EQ(reinvited->message->body(), "new offer");
    EXPECT_EQ(reinvited->message->header("X-Why"), "hold");
    to.endpoint.accept(other, sdp_body("new answer"), network.now);
    network.run(20ms);
    const auto answered = from.take<Answered>();
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->message->body(), "new answer");
    from.endpoint.ack(leg, {}, network.now);
    network.run(20ms);
    EXPECT_TRUE(to.take<Acked>());
  };
  renegotiate(ada, adas, bob, bobs);
  renegotiate(bob, bobs, ada, adas);
  renegotiate(bob, bobs, ada, adas);
  hang_up(ada, adas);
}

TEST_P(CallTest, ReinviteRefusedLeavesTheCall) {
  establish();
  ada.endpoint.reinvite(adas, sdp_body("x"), network.now);
  network.run(20ms);
  EXPECT_TRUE(bob.take<Reinvited>());
  bob.endpoint.reject(bobs, {.status = 488}, network.now);
  network.run(20ms);
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->reinvite);
  EXPECT_EQ(refused->status, 488);
  EXPECT_EQ(state(ada, adas), "confirmed");
  hang_up(bob, bobs);
}

TEST_P(CallTest, GlareIsRetriedByBothSides) {
  establish();
  for (Party* party : {&ada, &bob}) {
    party->answer = [this, party](const Event& event) {
      if (const auto* offer = std::get_if<Reinvited>(&event))
        return party->endpoint.accept(offer->leg, sdp_body("re"), network.now), true;
      if (const auto* answer = std::get_if<Answered>(&event)) party->endpoint.ack(answer->leg, {}, network.now);
      return false;
    };
  }
  ada.endpoint.reinvite(adas, sdp_body("ada's"), network.now);
  bob.endpoint.reinvite(bobs, sdp_body("bob's"), network.now);
  network.run(10s);
  EXPECT_TRUE(bob.take<Answered>());  // who does not own the Call-ID comes first
  EXPECT_TRUE(ada.take<Acked>());
  EXPECT_TRUE(ada.take<Answered>());
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_EQ(std::ranges::count(network.wire, "ada 491 INVITE"), 1);
  EXPECT_EQ(std::ranges::count(network.wire, "bob 491 INVITE"), 1);
  EXPECT_EQ(std::ranges::count(network.wire, "ada 200 INVITE"), 1);
  EXPECT_EQ(std::ranges::count(network.wire, "bob 200 INVITE"), 1);
  ada.answer = bob.answer = nullptr;
  hang_up(ada, adas);
}

TEST_P(CallTest, ReinviteWaitsForThePeersOwn) {
  establish();
  ada.endpoint.reinvite(adas, sdp_body("ada's"), network.now);
  network.run(20ms);
  EXPECT_TRUE(bob.take<Reinvited>());
  bob.endpoint.reinvite(bobs, sdp_body("bob's"), network.now);  // kept until ada's is done with
  network.run(1s);
  EXPECT_EQ(std::ranges::count(network.wire, "bob INVITE"), 0);
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(20ms);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  network.run(30ms);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_TRUE(ada.take<Reinvited>());
  ada.endpoint.reject(adas, {.status = 488}, network.now);
  network.run(20ms);
  EXPECT_TRUE(bob.take<Refused>());
  hang_up(ada, adas);
}

TEST_P(CallTest, ASecondReinviteIsRefusedLocally) {
  establish();
  ada.endpoint.reinvite(adas, sdp_body("1"), network.now);
  ada.endpoint.reinvite(adas, sdp_body("2"), network.now);
  network.pump();
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 491);
  EXPECT_TRUE(refused->reinvite);
  EXPECT_EQ(refused->message, nullptr);
  network.run(1s);
  EXPECT_TRUE(bob.take<Reinvited>());
  hang_up(ada, adas);
}

TEST_P(CallTest, HangUpDuringAReinvite) {
  establish();
  ada.endpoint.reinvite(adas, sdp_body("x"), network.now);
  network.run(20ms);
  EXPECT_TRUE(bob.take<Reinvited>());
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  EXPECT_EQ(std::ranges::count(network.wire, "bob 487 INVITE"), 1);
  EXPECT_TRUE(ada.take<Refused>());  // the re-INVITE
  EXPECT_TRUE(ada.take<Ended>());    // the call
}

TEST_P(CallTest, ByeCrossesBye) {
  establish();
  ada.endpoint.hang_up(adas, network.now);
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  EXPECT_EQ(ada.endpoint.leg_count(), 0U);
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
}

TEST_P(CallTest, ByeWaitsForTheAck) {
  ring();
  network.drop = [](const Message& message) { return message.method() == Method::ack; };
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  EXPECT_TRUE(ada.take<Answered>());
  EXPECT_EQ(std::ranges::count(network.wire, "bob BYE"), 0);
  network.drop = nullptr;
  ada.endpoint.ack(adas, {}, network.now);
  network.run(1s);
  EXPECT_EQ(std::ranges::count(network.wire, "bob BYE"), 1);
  EXPECT_TRUE(ada.take<Ended>());
}

TEST_P(CallTest, HangUpBeforeAnsweringDeclines) {
  ring();
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 603);
}

TEST_P(CallTest, HangUpBeforeTheApplicationsAck) {
  ring();
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(20ms);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_P(CallTest, ALostAckIsSentAgain) {
  ring();
  int lost = 2;
  network.drop = [&lost](const Message& message) { return message.method() == Method::ack && lost-- > 0; };
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(20ms);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  network.run(10s);
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_EQ(std::ranges::count(network.wire, "bob 200 INVITE"), 3);
  EXPECT_EQ(std::ranges::count(network.wire, "ada ACK"), 3);
  hang_up(ada, adas);
}

TEST_P(CallTest, NoAckEndsTheCall) {
  ring();
  network.drop = [](const Message& message) { return message.method() == Method::ack; };
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(20ms);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  network.run(31s);
  EXPECT_THAT(bob.events, IsEmpty());
  network.run(2s);
  const auto ended = bob.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason, "no ACK for the 2xx");
  EXPECT_EQ(ended->message, nullptr);
  EXPECT_TRUE(ada.take<Ended>());
}

TEST_P(CallTest, NobodyThere) {  // timer B
  network.drop = [](const Message&) { return true; };
  adas = ada.endpoint.invite(network.call(bob), network.now);
  network.run(31900ms);
  EXPECT_THAT(ada.events, IsEmpty());
  network.run(200ms);
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 408);
  EXPECT_EQ(refused->message, nullptr);
  EXPECT_THAT(network.wire, testing::SizeIs(GetParam() == Transport::udp ? 7 : 1));
}

TEST_P(CallTest, NobodyAnswersTheBye) {  // timer F
  establish();
  network.drop = [](const Message&) { return true; };
  ada.endpoint.hang_up(adas, network.now);
  network.run(33s);
  EXPECT_EQ(ada.endpoint.leg_count(), 0U);
  bob.endpoint.hang_up(bobs, network.now);
}

TEST_P(CallTest, NoAckForARefusal) {  // timer H
  ring();
  network.drop = [](const Message& message) { return message.method() == Method::ack; };
  bob.endpoint.reject(bobs, {.status = 486}, network.now);
  network.run(31900ms);
  EXPECT_EQ(bob.endpoint.transaction_count(), 1U);
  network.run(200ms);
  EXPECT_EQ(bob.endpoint.transaction_count(), 0U);
  EXPECT_TRUE(ada.take<Refused>());
}

TEST_P(CallTest, RequestsInADialog) {
  establish();
  const RequestId id = bob.endpoint.request_in_dialog(bobs, Method::info, {{"X-Why", "dtmf"}},
                                                      {"application/dtmf-relay", "Signal=5"}, network.now);
  network.run(20ms);
  const auto request = ada.take<IncomingRequest>();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->leg, adas);
  EXPECT_EQ(request->message->method(), Method::info);
  EXPECT_EQ(request->message->body(), "Signal=5");
  ada.endpoint.respond(request->id, {.status = 415}, network.now);
  network.run(20ms);
  const auto completed = bob.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->id, id);
  EXPECT_EQ(completed->status, 415);
  EXPECT_EQ(state(bob, bobs), "confirmed");
  hang_up(ada, adas);
}

TEST_P(CallTest, ARequestThatMeetsNoDialogEndsTheCall) {
  establish();
  ada.endpoint.hang_up(adas, network.now);
  network.drop = [](const Message& message) { return message.method() == Method::bye; };
  network.run(40s);  // ada has forgotten the call, bob knows nothing of it
  network.drop = nullptr;
  bob.endpoint.request_in_dialog(bobs, Method::info, {}, {}, network.now);
  network.run(1s);
  const auto completed = bob.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->status, 481);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_P(CallTest, ProvisionalIsRepeatedEachMinute) {
  ring();
  bob.endpoint.provisional(bobs, 182, {}, network.now, {{"Reason", "queue"}});
  network.run(150s);
  EXPECT_EQ(std::ranges::count(network.wire, "bob 182 INVITE"), 3);
  EXPECT_TRUE(ada.take<Progress>() && ada.take<Progress>() && ada.take<Progress>());
  bob.endpoint.reject(bobs, {.status = 480}, network.now);
  network.run(1s);
  EXPECT_TRUE(ada.take<Refused>());
}

}  // namespace
}  // namespace ringwall::sip
