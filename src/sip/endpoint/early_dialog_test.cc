#include <gmock/gmock.h>

#include "base/limits.h"
#include "sip/endpoint/simulated_call.h"

namespace ringwall::sip {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

// Ada calls through a proxy that forks (RFC 3261 section 13.2.2.4): several called sides answer the one INVITE.
struct EarlyDialogTest : simulated::CallFixture {
  void call(std::string offer = "offer") {
    network.drop = [](const Message&) { return true; };
    adas = ada.endpoint.invite(network.call(bob, std::move(offer)), network.now);
    network.pump();
    invite = std::string(last("INVITE")->bytes());
    network.transmits.clear();
  }
  // What the fork `tag` answers.
  void respond(int status, std::string_view tag, std::string_view headers = {}, std::string_view body = {}) {
    const auto request = Message::parse(invite);
    const std::string text = fmt::format(
        "SIP/2.0 {0} Whatever\r\nVia: {1}\r\nFrom: {2}\r\nTo: {3};tag={4}\r\nCall-ID: {5}\r\nCSeq: {6} INVITE\r\n"
        "Contact: <sip:{4}@10.0.1.1:5061>\r\nRecord-Route: <sip:{4}.proxy.test;lr>\r\nAllow: UPDATE\r\n{7}{8}"
        "Content-Length: {9}\r\n\r\n{10}",
        status, request->header(HeaderName::via), request->header(HeaderName::from), request->header(HeaderName::to),
        tag, request->call_id(), request->cseq().number, headers,
        body.empty() ? "" : "Content-Type: application/sdp\r\n", body.size(), body);
    network.transmits.clear();
    network.inject(ada, text);
  }
  static std::string reliable(int rseq) { return fmt::format("Require: 100rel\r\nRSeq: {}\r\n", rseq); }
  std::vector<std::string> sent() const {
    std::vector<std::string> out;
    for (const Transmit& one : network.transmits) {
      const auto message = Message::parse(one.bytes);
      out.push_back(fmt::format("{} {} {}", message->method_name(), message->request_uri().text, message->to().tag));
    }
    return out;
  }
  std::string invite;
};

TEST_F(EarlyDialogTest, EachForkHasItsOwnPracksAndRoutes) {
  call();
  respond(183, "a", reliable(100), "a's answer");
  EXPECT_THAT(sent(), testing::ElementsAre("PRACK sip:a@10.0.1.1:5061 a"));
  EXPECT_EQ(header("PRACK", HeaderName::route), "<sip:a.proxy.test;lr>");
  respond(180, "b", reliable(7));
  EXPECT_THAT(sent(), testing::ElementsAre("PRACK sip:b@10.0.1.1:5061 b"));
  EXPECT_EQ(header("PRACK", HeaderName::route), "<sip:b.proxy.test;lr>");
  respond(180, "a", reliable(101));
  EXPECT_THAT(sent(), SizeIs(1)) << "a's next one, though b has spoken since";
  respond(180, "b", reliable(9));
  EXPECT_THAT(sent(), IsEmpty()) << "b's 8 is missing";
  respond(183, "b", reliable(8), "b's answer");
  EXPECT_THAT(sent(), SizeIs(1)) << "b's answer counts for itself";
  EXPECT_THAT(ada.events, SizeIs(4));
}

TEST_F(EarlyDialogTest, TheFirst2xxWins) {
  call();
  respond(180, "a");
  respond(180, "b");
  respond(180, "c");
  EXPECT_EQ(ada.endpoint.view(adas)->remote_tag, "c");
  respond(200, "b", {}, "b's answer");
  ada.events.erase(ada.events.begin(), ada.events.begin() + 3);
  EXPECT_EQ(ada.take<Answered>()->message->body(), "b's answer");
  EXPECT_EQ(ada.endpoint.view(adas)->remote_tag, "b");
  ada.endpoint.ack(adas, {}, network.now);
  network.pump();
  EXPECT_THAT(sent(), testing::ElementsAre("ACK sip:b@10.0.1.1:5061 b"));
  EXPECT_EQ(header("ACK", HeaderName::route), "<sip:b.proxy.test;lr>");
  respond(200, "a");
  EXPECT_THAT(sent(), testing::ElementsAre("ACK sip:a@10.0.1.1:5061 a", "BYE sip:a@10.0.1.1:5061 a"));
  respond(200, "d");
  EXPECT_THAT(sent(), testing::ElementsAre("ACK sip:d@10.0.1.1:5061 d", "BYE sip:d@10.0.1.1:5061 d"));
  EXPECT_THAT(ada.events, IsEmpty());
  network.transmits.clear();
  ada.endpoint.hang_up(adas, network.now);
  network.pump();
  EXPECT_THAT(sent(), testing::ElementsAre("BYE sip:b@10.0.1.1:5061 b"));
}

// The number of a BYE has to be higher than any that the lost fork has seen.
TEST_F(EarlyDialogTest, ALostForkIsEndedAfterItsPracks) {
  call();
  for (int i = 1; i <= 5; ++i)
    respond(180, "a", reliable(i));
  const std::uint32_t used = last("PRACK")->cseq().number;
  respond(200, "b");
  respond(200, "a");
  EXPECT_GT(last("BYE")->cseq().number, used);
}

TEST_F(EarlyDialogTest, TheNumbersOfTheChosenForkGoOn) {
  call();
  respond(180, "a", reliable(1));
  const std::uint32_t used = last("PRACK")->cseq().number;
  respond(180, "b");
  respond(200, "a");
  ada.endpoint.ack(adas, {}, network.now);
  network.transmits.clear();
  ada.endpoint.hang_up(adas, network.now);
  network.pump();
  EXPECT_EQ(last("BYE")->cseq().number, used + 1);
}

TEST_F(EarlyDialogTest, EachOfferOfAForkIsAnsweredToIt) {
  call("");
  respond(183, "a", reliable(1), "a's offer");
  respond(183, "b", reliable(5), "b's offer");
  EXPECT_TRUE(ada.take<Progress>()->offers && ada.take<Progress>()->offers);
  network.transmits.clear();
  ada.endpoint.prack(adas, sdp_body("for a"), network.now);
  ada.endpoint.prack(adas, sdp_body("for b"), network.now);
  network.pump();
  EXPECT_THAT(sent(), testing::ElementsAre("PRACK sip:a@10.0.1.1:5061 a", "PRACK sip:b@10.0.1.1:5061 b"));
  EXPECT_EQ(last("PRACK")->body(), "for b");
  EXPECT_THAT(header("PRACK", HeaderName::rack), testing::StartsWith("5 "));
}

TEST_F(EarlyDialogTest, UpdatesOfEachFork) {
  call();
  respond(183, "a", reliable(1), "a's answer");
  respond(183, "b");
  const auto update = [&](std::string_view tag, int cseq, std::string_view body) {
    const auto request = Message::parse(invite);
    network.transmits.clear();
    network.inject(ada,
                   fmt::format("UPDATE sip:ada@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS p.test;branch=z9hG4bK{0}{1}\r\n"
                               "Max-Forwards: 70\r\nFrom: {2};tag={0}\r\nTo: {3}\r\nCall-ID: {4}\r\n"
                               "CSeq: {1} UPDATE\r\nContact: <sip:new-{0}@10.0.1.1>\r\n"
                               "Content-Type: application/sdp\r\nContent-Length: {5}\r\n\r\n{6}",
                               tag, cseq, request->header(HeaderName::to), request->header(HeaderName::from),
                               request->call_id(), body.size(), body));
  };
  ada.events.clear();
  update("b", 1, "too early");
  EXPECT_EQ(last("SIP/2.0")->status(), 491) << "b has not answered our offer";
  update("a", 1, "a's offer");
  const auto request = ada.take<IncomingRequest>();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->leg, adas);
  update("a", 2, "another");
  EXPECT_EQ(last("SIP/2.0")->status(), 500);
  EXPECT_THAT(header("SIP/2.0", HeaderName::retry_after), testing::Not(IsEmpty()));
  ada.endpoint.respond(request->id, {.body = sdp_body("answer")}, network.now);
  network.pump();
  EXPECT_EQ(last("SIP/2.0")->status(), 200);
  update("nobody", 1, "offer");
  EXPECT_EQ(last("SIP/2.0")->status(), 481);
}

TEST_F(EarlyDialogTest, TooManyForksAreNotFollowed) {
  call();
  for (std::size_t i = 0; i < limits::sip_early_dialogs; ++i) {
    respond(180, fmt::format("t{}", i), reliable(1));
    EXPECT_THAT(sent(), SizeIs(1));
  }
  respond(180, "one-more", reliable(1));
  EXPECT_THAT(sent(), IsEmpty());
  respond(200, "one-more");
  EXPECT_EQ(ada.endpoint.view(adas)->remote_tag, "one-more") << "but whichever answers is taken";
}

TEST_F(EarlyDialogTest, EarlyDialogsEndWithTheFinalResponse) {
  call();
  respond(180, "a");
  respond(180, "b");
  respond(486, "c");
  EXPECT_EQ(ada.endpoint.leg_count(), 0U);
}

}  // namespace
}  // namespace ringwall::sip
