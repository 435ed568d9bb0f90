#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"
#include "sip/message/respond.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct FlowTest : testing::Test {
  Network network{Transport::tls};
  Party& ada = network.ada;
  Party& bob = network.bob;
  LegId adas, bobs;

  void ring() {
    adas = ada.endpoint.invite(network.call(bob), network.now);
    network.run(1s);
    const auto incoming = bob.take<IncomingInvite>();
    ASSERT_TRUE(incoming);
    bobs = incoming->leg;
  }
  void establish() {
    ring();
    bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
    network.run(20ms);
    ASSERT_TRUE(ada.take<Answered>());
    ada.endpoint.ack(adas, {}, network.now);
    network.run(20ms);
    ASSERT_TRUE(bob.take<Acked>());
    network.transmits.clear();
  }
  void TearDown() override {
    network.run(200s);
    EXPECT_TRUE(network.idle());
    EXPECT_THAT(ada.events, IsEmpty());
    EXPECT_THAT(bob.events, IsEmpty());
  }
};

TEST_F(FlowTest, APendingCallFailsWithItsConnection) {
  ring();
  network.close();
  network.pump();
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->message, nullptr);
  const auto ended = bob.take<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->leg, bobs);
  EXPECT_EQ(ended->message, nullptr);
  EXPECT_TRUE(network.idle());
}

TEST_F(FlowTest, AConfirmedCallOutlivesItsConnection) {
  establish();
  network.close();
  network.run(1s);
  EXPECT_EQ(ada.endpoint.view(adas)->state, "confirmed");
  EXPECT_FALSE(ada.endpoint.view(adas)->flow);
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Ended>());
  const Route& route = network.transmits.front().route;
  EXPECT_FALSE(route.flow);
  EXPECT_EQ(route.address, (NetAddress{"10.0.0.2", 5061}));
  EXPECT_EQ(route.peer, "bob");
}

// Tags and Call-ID are no secret to those whom the call has passed: the connection must prove the same peer too.
TEST_F(FlowTest, ARequestInADialogComesFromItsPeer) {
  establish();
  const auto view = *bob.endpoint.view(bobs);
  MessageWriter writer;
  writer.request("BYE", "sip:bob@10.0.0.2")
      .header(HeaderName::via, "SIP/2.0/TLS 10.0.0.9;branch=z9hG4bKforged")
      .header(HeaderName::from, fmt::format("<sip:caller@example.test>;tag={}", view.remote_tag))
      .header(HeaderName::to, fmt::format("<sip:bob@10.0.0.2>;tag={}", view.local_tag))
      .header(HeaderName::call_id, view.call_id)
      .header(HeaderName::cseq, "9 BYE")
      .header(HeaderName::max_forwards, "70");
  const std::string bye = writer.finish();
  Flow stranger = network.flow_at(bob);
  stranger.id = FlowId{77};
  stranger.remote = {"10.0.0.9", 40001};
  bob.endpoint.receive(stranger, bye, network.now);
  network.pump();
  EXPECT_EQ(bob.endpoint.view(bobs)->state, "confirmed");
  EXPECT_THAT(network.transmits.back().bytes, testing::StartsWith("SIP/2.0 481"));

  stranger.facts = std::make_shared<TlsFacts>(
      TlsFacts{.peer_names = {"ada.example.test"}});  // another name than the dialog's peer proved
  bob.endpoint.receive(stranger, bye, network.now);
  network.pump();
  EXPECT_EQ(bob.endpoint.view(bobs)->state, "confirmed");

  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_F(FlowTest, TheCalledSideFindsTheCallersListener) {
  establish();
  bob.endpoint.set_peer(bobs, "trunk-a");
  network.close();
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  EXPECT_TRUE(ada.take<Ended>());
  const Route& route = network.transmits.front().route;
  EXPECT_EQ(route.address, (NetAddress{"10.0.0.1", 5061}));  // from the Contact, not the port of the old connection
  EXPECT_EQ(route.peer, "trunk-a");
}

TEST_F(FlowTest, RequestsInADialogReuseItsConnectionBothWays) {
  establish();
  const RequestId one = ada.endpoint.request_in_dialog(adas, Method::info, {}, {}, network.now);
  const RequestId other = bob.endpoint.request_in_dialog(bobs, Method::info, {}, {}, network.now);
  network.run(20ms);
  for (const Transmit& transmit : network.transmits)
    EXPECT_EQ(transmit.route.flow, FlowId{1});
  ada.endpoint.respond(ada.take<IncomingRequest>()->id, {}, network.now);
  bob.endpoint.respond(bob.take<IncomingRequest>()->id, {}, network.now);
  network.run(20ms);
  EXPECT_EQ(ada.take<Completed>()->id, one);
  EXPECT_EQ(bob.take<Completed>()->id, other);
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_F(FlowTest, ARequestUnderWayFailsWithItsConnection) {
  establish();
  const RequestId id = ada.endpoint.request_in_dialog(adas, Method::info, {}, {}, network.now);
  network.pump();
  network.close();
  network.run(1s);
  const auto completed = ada.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->id, id);
  EXPECT_EQ(completed->status, 503);
  EXPECT_EQ(ada.endpoint.view(adas)->state, "confirmed");
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  EXPECT_TRUE(ada.take<Ended>());
}

TEST_F(FlowTest, ALostReinviteLeavesTheCall) {
  establish();
  ada.endpoint.reinvite(adas, sdp_body("x"), network.now);
  network.run(20ms);
  EXPECT_TRUE(bob.take<Reinvited>());
  network.close();
  network.run(1s);
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->reinvite);
  EXPECT_EQ(refused->status, 503);
  bob.endpoint.accept(bobs, sdp_body("too late"), network.now);
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_F(FlowTest, AnAnswerWithoutAckSurvivesUntilTheWaitEnds) {
  ring();
  network.drop = [](const Message& message) { return message.method() == Method::ack; };
  bob.endpoint.accept(bobs, sdp_body("answer"), network.now);
  network.run(20ms);
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  network.run(10ms);
  network.close();
  network.run(33s);
  EXPECT_EQ(bob.take<Ended>()->reason, "no ACK for the 2xx");
  EXPECT_TRUE(ada.take<Ended>());
}

TEST_F(FlowTest, SendFailureIsALocal503AtOnce) {
  adas = ada.endpoint.invite(network.call(bob), network.now);
  const auto transmit = ada.endpoint.poll_transmit();
  ada.endpoint.send_failed(transmit->id, {"connection refused", "10.0.0.2:5061", {}}, network.now);
  network.pump();
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->reason, "10.0.0.2:5061: connection refused");
  const RequestId id = ada.endpoint.request(Method::options, network.call(bob), network.now);
  ada.endpoint.send_failed(ada.endpoint.poll_transmit()->id, {"no route", {}, {}}, network.now);
  network.pump();
  const auto completed = ada.take<Completed>();
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->id, id);
  EXPECT_EQ(completed->status, 503);
  ada.endpoint.send_failed(TransmitId{999'999}, {"unknown", {}, {}}, network.now);
}

TEST_F(FlowTest, AClosedConnectionFailsWhatWentOutOnIt) {
  network.drop = [](const Message&) { return true; };
  adas = ada.endpoint.invite(network.call(bob), network.now);
  const auto transmit = ada.endpoint.poll_transmit();
  ada.endpoint.transmitted(transmit->id, FlowId{1});
  network.close();
  network.pump();
  EXPECT_EQ(ada.take<Refused>()->status, 503);
}

TEST_F(FlowTest, ARequestThatMissesItsConnectionIsSentByAddress) {
  establish();
  ada.endpoint.hang_up(adas, network.now);
  const auto bye = ada.endpoint.poll_transmit();
  EXPECT_EQ(bye->route.flow, FlowId{1});
  ada.endpoint.send_failed(bye->id, {"closed", {}, {}}, network.now);
  network.run(1s);
  EXPECT_FALSE(network.transmits.front().route.flow);
  EXPECT_TRUE(bob.take<Ended>());
}

// A proxy between ada and two phones that both answer.
TEST_F(FlowTest, ALaterForkIsAcknowledgedAndEnded) {
  adas = ada.endpoint.invite(network.call(bob), network.now);
  const auto invite = Message::parse(ada.endpoint.poll_transmit()->bytes);
  network.drop = [](const Message&) { return true; };
  const auto answer = [&](std::string_view tag, std::string_view contact) {
    network.transmits.clear();
    const HeaderLine lines[] = {{HeaderName::contact, {}, contact}};
    network.inject(ada, make_response(*invite, 200, {}, tag, lines));
  };
  answer("one", "<sip:one@10.0.0.21>");
  EXPECT_TRUE(ada.take<Answered>());
  ada.endpoint.ack(adas, {}, network.now);
  answer("two", "<sip:two@10.0.0.22>");
  ASSERT_EQ(network.transmits.size(), 3U);  // the application's ACK, then the other fork's ACK and BYE
  const auto ack = Message::parse(network.transmits[1].bytes);
  const auto bye = Message::parse(network.transmits[2].bytes);
  EXPECT_EQ(ack->method(), Method::ack);
  EXPECT_EQ(ack->to().tag, "two");
  EXPECT_EQ(ack->cseq().number, invite->cseq().number);
  EXPECT_EQ(ack->request_uri().text, "sip:two@10.0.0.22");
  EXPECT_NE(ack->top_via().branch, invite->top_via().branch);
  EXPECT_EQ(bye->method(), Method::bye);
  EXPECT_EQ(bye->to().tag, "two");
  answer("two", "<sip:two@10.0.0.22>");  // again: only the ACK
  ASSERT_EQ(network.transmits.size(), 1U);
  answer("one", "<sip:one@10.0.0.21>");
  ASSERT_EQ(network.transmits.size(), 1U);
  EXPECT_EQ(Message::parse(network.transmits[0].bytes)->to().tag, "one");
  EXPECT_EQ(ada.endpoint.view(adas)->remote_tag, "one");
  ada.endpoint.hang_up(adas, network.now);
}

TEST_F(FlowTest, An2xxWithoutContactIsEnded) {
  adas = ada.endpoint.invite(network.call(bob), network.now);
  const auto invite = Message::parse(ada.endpoint.poll_transmit()->bytes);
  network.drop = [](const Message&) { return true; };
  network.inject(ada, make_response(*invite, 200, {}, "one"));
  const auto refused = ada.take<Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 502);
  ASSERT_EQ(network.transmits.size(), 2U);
  EXPECT_EQ(Message::parse(network.transmits[1].bytes)->method(), Method::bye);
}

}  // namespace
}  // namespace ringwall::sip
