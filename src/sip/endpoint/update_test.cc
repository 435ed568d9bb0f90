#include <gmock/gmock.h>

#include "sip/endpoint/simulated_call.h"

namespace ringwall::sip {
namespace {

using simulated::Party;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct UpdateTest : simulated::CallFixture {
  RequestId update(Party& party, LegId leg, std::string offer) {
    return party.endpoint.request_in_dialog(leg, Method::update, {}, sdp_body(std::move(offer)), network.now);
  }
  int completed(Party& party) {
    const auto event = party.take<Completed>();
    return event ? event->status : 0;
  }
};

TEST_F(UpdateTest, CarriesAnOfferInEitherDirection) {
  establish();
  struct Side {
    Party &from, &to;
    LegId leg, other;
  };
  for (const Side& side : {Side{ada, bob, adas, bobs}, Side{bob, ada, bobs, adas}}) {
    update(side.from, side.leg, "new offer");
    network.run(50ms);
    const auto request = side.to.take<IncomingRequest>();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->leg, side.other);
    EXPECT_EQ(request->message->body(), "new offer");
    side.to.endpoint.respond(request->id, {.body = sdp_body("new answer")}, network.now);
    network.run(50ms);
    const auto done = side.from.take<Completed>();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->status, 200);
    EXPECT_EQ(done->message->body(), "new answer");
  }
  EXPECT_THAT(network.wire, ElementsAre("ada UPDATE", "bob 200 UPDATE", "bob UPDATE", "ada 200 UPDATE"));
}

TEST_F(UpdateTest, ARefusalLeavesTheSession) {
  establish();
  update(ada, adas, "offer");
  network.run(50ms);
  bob.endpoint.respond(bob.take<IncomingRequest>()->id, {.status = 488}, network.now);
  network.run(50ms);
  EXPECT_EQ(completed(ada), 488);
  EXPECT_EQ(state(ada, adas), "confirmed");
  update(bob, bobs, "now bob");
  network.run(50ms);
  EXPECT_TRUE(ada.take<IncomingRequest>()) << "nothing is open any more";
}

TEST_F(UpdateTest, OffersThatCrossAre491OnBothSides) {
  establish();
  update(ada, adas, "ada's");
  update(bob, bobs, "bob's");
  network.run(100ms);
  EXPECT_EQ(completed(ada), 491);
  EXPECT_EQ(completed(bob), 491);
  EXPECT_FALSE(ada.take<IncomingRequest>() || bob.take<IncomingRequest>());
}

TEST_F(UpdateTest, OneAtATime) {
  establish();
  update(ada, adas, "first");
  update(ada, adas, "second");
  EXPECT_EQ(completed((network.pump(), ada)), 491) << "a local one";
  network.run(50ms);
  const auto request = bob.take<IncomingRequest>();
  ASSERT_TRUE(request);
  update(bob, bobs, "crosses");
  EXPECT_EQ(completed((network.pump(), bob)), 491) << "bob owes an answer";
  bob.endpoint.respond(request->id, {.body = sdp_body("answer")}, network.now);
  network.run(50ms);
  EXPECT_EQ(completed(ada), 200);
}

TEST_F(UpdateTest, AReinviteWaitsForTheAnswer) {
  establish();
  update(ada, adas, "offer");
  ada.endpoint.reinvite(adas, sdp_body("re-INVITE"), network.now);
  network.run(2s);
  EXPECT_THAT(network.wire, ElementsAre("ada UPDATE"));
  bob.endpoint.respond(bob.take<IncomingRequest>()->id, {.body = sdp_body("answer")}, network.now);
  network.run(2s);
  EXPECT_EQ(completed(ada), 200);
  EXPECT_TRUE(bob.take<Reinvited>());
}

TEST_F(UpdateTest, AReinviteThatMeetsAnOpenOffer) {
  establish();
  network.drop = [](const Message& message) { return message.method() == Method::update; };
  update(ada, adas, "lost for now");
  network.run(50ms);
  bob.endpoint.reinvite(bobs, sdp_body("bob's"), network.now);
  network.run(50ms);
  EXPECT_EQ(count("ada 491 INVITE"), 1);
  network.drop = nullptr;
}

TEST_F(UpdateTest, AnUnansweredOneIsForgotten) {
  establish();
  network.drop = [](const Message& message) { return message.is_response(); };
  update(ada, adas, "offer");
  network.run(100ms);
  EXPECT_TRUE(bob.take<IncomingRequest>());
  network.run(40s);  // ada gives up and hangs up; bob has not answered, and has not heard
  network.drop = nullptr;
  EXPECT_EQ(completed(ada), 408);
  EXPECT_TRUE(ada.take<Ended>());
}

TEST_F(UpdateTest, NotWithAnOfferBeforeTheFirstAnswer) {
  ring();
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(50ms);
  EXPECT_TRUE(ada.take<Progress>());
  update(ada, adas, "too early");
  EXPECT_EQ(completed((network.pump(), ada)), 491);
  update(bob, bobs, "too early");
  EXPECT_EQ(completed((network.pump(), bob)), 491);
  bob.endpoint.provisional(bobs, 183, sdp_body("answer"), network.now);
  update(bob, bobs, "not acknowledged yet");
  EXPECT_EQ(completed((network.pump(), bob)), 491);
  network.run(100ms);
  update(bob, bobs, "now");
  network.run(50ms);
  EXPECT_TRUE(ada.take<Progress>());
  const auto request = ada.take<IncomingRequest>();
  ASSERT_TRUE(request);
  ada.endpoint.respond(request->id, {.body = sdp_body("its answer")}, network.now);
  network.run(50ms);
  EXPECT_EQ(completed(bob), 200);
  answer();
}

TEST_F(UpdateTest, ThatFindsNoEarlyDialogIsNoEndOfTheCall) {
  ring();
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(50ms);
  EXPECT_TRUE(ada.take<Progress>());
  ada.arriving = [](std::string& bytes) {
    if (bytes.starts_with("SIP/2.0 200") && bytes.find(" UPDATE\r\n") != std::string::npos)
      bytes.replace(0, 14, "SIP/2.0 481 No");
  };
  ada.endpoint.request_in_dialog(adas, Method::update, {}, {}, network.now);
  network.run(50ms);
  EXPECT_EQ(completed(ada), 481);
  answer();
}

TEST_F(UpdateTest, WithoutABodyItIsAnsweredHere) {
  establish();
  ada.endpoint.request_in_dialog(adas, Method::update, {{"Contact", "<sip:new@10.0.0.1:5061>"}}, {}, network.now);
  network.run(50ms);
  EXPECT_EQ(completed(ada), 200);
  EXPECT_THAT(bob.events, IsEmpty());
  bob.endpoint.hang_up(bobs, network.now);
  network.pump();
  EXPECT_EQ(last("BYE")->request_uri().text, "sip:new@10.0.0.1:5061");
}

}  // namespace
}  // namespace ringwall::sip
