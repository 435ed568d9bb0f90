// Session-ID in calls (RFC 7989): every message of a call carries it, each side learns the other's UUID.
#include <gmock/gmock.h>

#include "sip/endpoint/simulated_call.h"
#include "sip/message/identity_headers.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;

const std::string callers = "ab30317f1a784dc48ff824d0d3715d86";
const std::string others = "47755a9de7794ba387653f2099600ef2";
const std::string nobodys(null_session_uuid);

struct SessionIdTest : simulated::CallFixture {
  void call() {
    Outgoing request = network.call(bob, "offer");
    request.session_id = callers;
    adas = ada.endpoint.invite(std::move(request), network.now);
    network.run(100ms);
    const auto incoming = bob.take<IncomingInvite>();
    ASSERT_TRUE(incoming);
    bobs = incoming->leg;
  }
  std::string uuid(simulated::Party& party, LegId leg) { return party.endpoint.view(leg)->session_id; }
  std::string session_id(std::string_view begin) { return header(begin, HeaderName::session_id); }
  /// An INVITE of a peer that is written out by hand.
  void invite_bob(const std::string& value) {
    network.drop = [](const Message&) { return true; };
    network.inject(bob,
                   "INVITE sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TLS peer.test;branch=z9hG4bKp\r\n"
                   "From: <sip:peer@peer.test>;tag=pt\r\nTo: <sip:bob@10.0.0.2>\r\nCall-ID: p\r\nCSeq: 1 INVITE\r\n"
                   "Contact: <sip:peer@10.0.0.9>\r\nSession-ID: " +
                       value + "\r\nContent-Length: 0\r\n\r\n");
    const auto incoming = bob.take<IncomingInvite>();
    ASSERT_TRUE(incoming);
    bobs = incoming->leg;
  }
};

TEST_F(SessionIdTest, EveryMessageOfACallCarriesBothSides) {
  call();
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  ASSERT_TRUE(ada.take<Progress>());
  answer();
  ada.endpoint.request_in_dialog(adas, Method::info, {}, {}, network.now);
  network.run(50ms);
  const auto info = bob.take<IncomingRequest>();
  ASSERT_TRUE(info);
  bob.endpoint.respond(info->id, {.status = 200}, network.now);
  network.run(50ms);
  bob.endpoint.hang_up(bobs, network.now);
  network.run(1s);
  const std::string from_bob = session_id("SIP/2.0 180");
  const std::string bobs_uuid = from_bob.substr(0, 32);
  ASSERT_TRUE(is_session_uuid(bobs_uuid));
  EXPECT_EQ(bobs_uuid[12], '4') << "a random UUID says so";
  EXPECT_EQ(from_bob, bobs_uuid + ";remote=" + callers);
  const std::string from_ada = callers + ";remote=" + bobs_uuid;
  EXPECT_EQ(session_id("INVITE "), callers + ";remote=" + nobodys);
  EXPECT_EQ(session_id("SIP/2.0 100"), from_bob);
  EXPECT_EQ(session_id("ACK "), from_ada);
  EXPECT_EQ(session_id("INFO "), from_ada);
  EXPECT_EQ(session_id("BYE "), from_bob);
  for (const Transmit& sent : network.transmits) {
    const std::string value(Message::parse(sent.bytes).value().header(HeaderName::session_id));
    EXPECT_TRUE(value == from_bob || value.starts_with(callers + ";remote=")) << sent.bytes;
  }
}

TEST_F(SessionIdTest, ACallHasOneOfItsOwn) {
  ring();
  EXPECT_TRUE(is_session_uuid(uuid(ada, adas)));
  EXPECT_TRUE(is_session_uuid(uuid(bob, bobs)));
  EXPECT_NE(uuid(ada, adas), uuid(bob, bobs));
  EXPECT_EQ(bob.endpoint.view(bobs)->remote_session_id, uuid(ada, adas));
  EXPECT_EQ(ada.endpoint.view(adas)->remote_session_id, uuid(bob, bobs)) << "by the 100";
}

TEST_F(SessionIdTest, TheApplicationsHeaderGivesTheUuidAndStandsOnce) {
  ring("offer", {{"Session-ID", others + ";remote=" + nobodys}});
  EXPECT_EQ(uuid(ada, adas), others);
  EXPECT_EQ(bob.endpoint.view(bobs)->remote_session_id, others);
  bob.endpoint.provisional(bobs, 180, {}, network.now, {{"Session-ID", others}});
  network.run(100ms);
  ASSERT_TRUE(ada.take<Progress>());
  EXPECT_EQ(session_id("SIP/2.0 180"), uuid(bob, bobs) + ";remote=" + others);
  answer();
}

TEST_F(SessionIdTest, ABackToBackAgentPassesTheOtherSidesUuidOn) {
  call();
  bob.endpoint.set_session_id(bobs, "not a UUID");
  EXPECT_NE(uuid(bob, bobs), "not a UUID");
  bob.endpoint.set_session_id(bobs, others);
  bob.endpoint.provisional(bobs, 180, {}, network.now);
  network.run(100ms);
  ASSERT_TRUE(ada.take<Progress>());
  EXPECT_EQ(session_id("SIP/2.0 180"), others + ";remote=" + callers);
  EXPECT_EQ(ada.endpoint.view(adas)->remote_session_id, others) << "what it heard last counts";
  answer();
  EXPECT_EQ(session_id("ACK "), callers + ";remote=" + others);
}

TEST_F(SessionIdTest, CancelAndTheAckOfARefusalCarryIt) {
  call();
  const std::string bobs_uuid = uuid(bob, bobs);
  ada.endpoint.hang_up(adas, network.now);
  network.run(1s);
  EXPECT_EQ(session_id("CANCEL "), callers + ";remote=" + bobs_uuid);
  EXPECT_EQ(session_id("SIP/2.0 487"), bobs_uuid + ";remote=" + callers);
  EXPECT_EQ(session_id("ACK "), callers + ";remote=" + bobs_uuid);
}

TEST_F(SessionIdTest, AnOldPeerIsAnsweredWithItsOwn) {
  invite_bob(others);
  EXPECT_EQ(session_id("SIP/2.0 100"), others) << "RFC 7329 knows one value for both sides, and no parameter";
  bob.endpoint.reject(bobs, {.status = 486}, network.now);
  network.run(1s);
  EXPECT_EQ(session_id("SIP/2.0 486"), others);
}

TEST_F(SessionIdTest, WhatIsNoUuidIsNotTaken) {
  invite_bob("<script>;remote=" + nobodys);
  EXPECT_EQ(session_id("SIP/2.0 100"), uuid(bob, bobs) + ";remote=" + nobodys);
  EXPECT_EQ(bob.endpoint.view(bobs)->remote_session_id, "");
  bob.endpoint.reject(bobs, {.status = 486}, network.now);
  network.run(1s);
}

TEST_F(SessionIdTest, OtherRequestsCarryOneIfTheyAreGivenOne) {
  Outgoing options = network.call(bob);
  options.body = {};
  ada.endpoint.request(Method::options, options, network.now);
  network.run(100ms);
  EXPECT_EQ(session_id("OPTIONS "), "");
  options.session_id = callers;
  ada.endpoint.request(Method::options, options, network.now);
  network.run(100ms);
  EXPECT_EQ(session_id("OPTIONS "), callers + ";remote=" + nobodys);
  while (const auto request = bob.take<IncomingRequest>())
    bob.endpoint.respond(request->id, {.status = 200}, network.now);
  network.run(100ms);
}

}  // namespace
}  // namespace ringwall::sip
