#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"

namespace ringwall::sip {
namespace {

using simulated::Network;
using simulated::Party;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct Parts {
  std::string method = "INVITE", uri = "sip:bob@10.0.0.2", branch = "z9hG4bKpeer", to_tag, from_tag = "pt", headers,
              body;
  int cseq = 1;
  std::string call_id = "peers-call";
};

// Bob against a peer that is written out by hand.
struct RulesTest : testing::Test {
  Network network{Transport::tls};
  Party& bob = network.bob;

  static std::string text(const Parts& parts) {
    return fmt::format(
        "{0} {1} SIP/2.0\r\nVia: SIP/2.0/TLS peer.test:5061;branch={2};rport\r\nMax-Forwards: 70\r\n"
        "From: <sip:peer@peer.test>;tag={3}\r\nTo: <sip:bob@10.0.0.2>{4}\r\nCall-ID: {5}\r\nCSeq: {6} {0}\r\n"
        "Contact: <sip:peer@10.0.0.9:5061;transport=tls>\r\n{7}Content-Length: {8}\r\n\r\n{9}",
        parts.method, parts.uri, parts.branch, parts.from_tag, parts.to_tag.empty() ? "" : ";tag=" + parts.to_tag,
        parts.call_id, parts.cseq, parts.headers, parts.body.size(), parts.body);
  }
  // The first message that bob sends after it.
  std::optional<Message> send(const std::string& bytes) {
    network.transmits.clear();
    network.drop = [](const Message&) { return true; };
    network.inject(bob, bytes);
    if (network.transmits.empty()) return std::nullopt;
    auto out = Message::parse(network.transmits.front().bytes);
    EXPECT_TRUE(out.has_value());
    return std::move(*out);
  }
  int status(const Parts& parts) {
    const auto answer = send(text(parts));
    return answer ? answer->status() : 0;
  }
  LegId incoming(const Parts& parts = {}) {
    send(text(parts));
    const auto event = bob.take<IncomingInvite>();
    EXPECT_TRUE(event);
    return event ? event->leg : LegId{};
  }
  std::string bobs_tag(LegId leg) { return bob.endpoint.view(leg)->local_tag; }
};

TEST_F(RulesTest, InviteGetsA100AtOnce) {
  const auto answer = send(text({}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 100);
  EXPECT_EQ(answer->to().tag, "");
  EXPECT_THAT(answer->header(HeaderName::via), HasSubstr("received=10.0.0.1"));
  EXPECT_THAT(answer->header(HeaderName::via), HasSubstr("rport=40000"));
  EXPECT_EQ(network.transmits.front().route.flow, FlowId{1});
}

TEST_F(RulesTest, ResponsesShowWhoAndWhat) {
  const LegId leg = incoming({.headers = "Record-Route: <sip:proxy.test;lr>\r\n"});
  network.transmits.clear();
  bob.endpoint.accept(leg, sdp_body("answer"), network.now, {{"X-Own", "1"}, {"Via", "not ours to set"}});
  network.pump();
  const auto answer = Message::parse(network.transmits.front().bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->header(HeaderName::contact), "<sip:bob@10.0.0.2:5061;transport=tls>");
  EXPECT_EQ(answer->header(HeaderName::record_route), "<sip:proxy.test;lr>");
  EXPECT_EQ(answer->header(HeaderName::server), "Ringwall bob");
  EXPECT_THAT(answer->header(HeaderName::allow), HasSubstr("INVITE"));
  EXPECT_EQ(answer->header("X-Own"), "1");
  EXPECT_EQ(answer->values(HeaderName::via).size(), 1U);
  EXPECT_EQ(answer->content_type(), "application/sdp");
  network.transmits.clear();
  send(text({.method = "ACK", .branch = "z9hG4bKack", .to_tag = bobs_tag(leg)}));
  bob.endpoint.hang_up(leg, network.now);
  network.pump();
  const auto bye = Message::parse(network.transmits.front().bytes);
  ASSERT_TRUE(bye);
  EXPECT_EQ(bye->request_uri().text, "sip:peer@10.0.0.9:5061;transport=tls");
  EXPECT_EQ(bye->header(HeaderName::route), "<sip:proxy.test;lr>");
  EXPECT_EQ(bye->header(HeaderName::user_agent), "Ringwall bob");
  EXPECT_EQ(bye->max_forwards(), 70U);
}

TEST_F(RulesTest, UnknownMethodIs405WithAllow) {
  const auto answer = send(text({.method = "FROBNICATE"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 405);
  EXPECT_THAT(answer->header(HeaderName::allow), HasSubstr("OPTIONS"));
  EXPECT_EQ(status({.method = "PRACK", .branch = "z9hG4bKprack"}), 481);
}

TEST_F(RulesTest, RequireOfUnknownExtensionIs420) {
  const auto answer = send(text({.headers = "Require: 100rel, privacy, timer, x\r\n"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 420);
  EXPECT_EQ(answer->header(HeaderName::unsupported), "privacy, x");
}

TEST_F(RulesTest, RequireOfASupportedExtensionPasses) {
  EndpointOptions options = bob.options();
  options.supported = "path, outbound";
  Endpoint endpoint(options);
  endpoint.receive(network.flow_at(bob), text({.method = "REGISTER", .headers = "Require: Outbound\r\n"}), network.now);
  EXPECT_TRUE(std::holds_alternative<IncomingRequest>(endpoint.poll_event().value()));
}

TEST_F(RulesTest, MaxForwardsZeroIs483) {
  std::string zero = text({});
  zero.replace(zero.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
  EXPECT_EQ(send(zero)->status(), 483);
}

// RFC 3261 section 17.2.3, without the magic cookie.
TEST_F(RulesTest, AnOldInviteIsACallLikeAnyOther) {
  const LegId leg = incoming({.branch = "1"});
  EXPECT_EQ(status({.branch = "1"}), 0) << "a retransmission, and TLS has lost nothing";
  EXPECT_FALSE(bob.take<IncomingInvite>());
  bob.endpoint.reject(leg, {.status = 486}, network.now);
  network.pump();
  EXPECT_EQ(status({.method = "ACK", .branch = "1", .to_tag = "any"}), 0);
  network.run(std::chrono::minutes(1));
  EXPECT_EQ(bob.endpoint.transaction_count(), 0U) << "the ACK ended it";
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
}

TEST_F(RulesTest, OtherRefusals) {
  EXPECT_EQ(status({.uri = "mailto:bob@example.test"}), 416);
  EXPECT_EQ(status({.headers = "Content-Encoding: gzip\r\n", .body = "x"}), 415);
  EXPECT_EQ(status({.branch = "z9hG4bK"}), 400);  // RFC 4475 section 3.2.1
  EXPECT_EQ(status({.method = "BYE"}), 481);
  EXPECT_EQ(status({.method = "INFO"}), 481);
  EXPECT_EQ(status({.method = "CANCEL"}), 481);
  EXPECT_EQ(status({.to_tag = "unknown"}), 481);
  EXPECT_EQ(status({.method = "ACK", .to_tag = "unknown"}), 0);
  EXPECT_THAT(bob.events, IsEmpty());
  EXPECT_EQ(bob.endpoint.transaction_count(), 0U);
}

TEST_F(RulesTest, InviteWithoutContactIsRefusedWithTheReason) {
  std::string bad = text({});
  const auto at = bad.find("Contact:");
  bad.erase(at, bad.find("\r\n", at) + 2 - at);
  const auto answer = send(bad);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 400);
  EXPECT_THAT(answer->header(HeaderName::warning), HasSubstr("Contact"));
}

TEST_F(RulesTest, MalformedRequestGetsItsReasonInAWarning) {
  std::string bad = text({});
  bad.replace(bad.find("CSeq: 1 INVITE"), 14, "CSeq: 1 BYE");
  const auto answer = send(bad);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 400);
  EXPECT_THAT(answer->header(HeaderName::warning), HasSubstr("CSeq"));
  EXPECT_THAT(answer->header(HeaderName::warning), HasSubstr("399 10.0.0.2"));
  EXPECT_FALSE(send("nonsense\r\n\r\n"));
  EXPECT_EQ(bob.endpoint.transaction_count(), 0U);
}

TEST_F(RulesTest, MergedRequestIs482) {
  incoming();
  EXPECT_EQ(status({.branch = "z9hG4bKother-path"}), 482);
}

TEST_F(RulesTest, OurOwnRequestThatComesBackIs482) {
  network.drop = [](const Message&) { return true; };
  bob.endpoint.request(Method::options, network.call(network.ada), network.now);
  network.pump();
  const std::string looped = network.transmits.front().bytes;
  EXPECT_EQ(send(looped)->status(), 482);
}

// RFC 3261 section 16.3: the same request for somebody else is no loop.
TEST_F(RulesTest, ASpiralPasses) {
  network.drop = [](const Message&) { return true; };
  bob.endpoint.request(Method::options, network.call(network.ada), network.now);
  network.pump();
  std::string spiral = network.transmits.front().bytes;
  const std::string uri(Message::parse(spiral)->request_uri().text);
  spiral.replace(spiral.find(uri), uri.size(), "sip:somebody-else@10.0.0.2");
  spiral.insert(spiral.find("Via: "), "Via: SIP/2.0/TLS proxy.test;branch=z9hG4bKproxy\r\n");
  EXPECT_FALSE(send(spiral));
  EXPECT_TRUE(bob.take<IncomingRequest>());
}

// RFC 5630
TEST_F(RulesTest, SipsStaysOffClearTransports) {
  Network clear(Transport::udp);
  std::string sips = text({.uri = "sips:bob@10.0.0.2"});
  clear.drop = [](const Message&) { return true; };
  clear.inject(clear.bob, sips);
  const auto refused = Message::parse(clear.transmits.front().bytes);
  EXPECT_EQ(refused->status(), 480);
  EXPECT_THAT(refused->header(HeaderName::warning), testing::StartsWith("380 "));
  Outgoing call = clear.call(clear.ada);
  call.request_uri = "sips:ada@10.0.0.1";
  clear.bob.endpoint.invite(call, clear.now);
  EXPECT_EQ(std::get<Refused>(clear.bob.endpoint.poll_event().value()).status, 480);
  clear.bob.endpoint.request(Method::options, call, clear.now);
  EXPECT_EQ(std::get<Completed>(clear.bob.endpoint.poll_event().value()).status, 480);
  EXPECT_FALSE(clear.bob.endpoint.poll_transmit());
}

TEST_F(RulesTest, ContactIsSipsWhereTheDialogIs) {
  const auto contact_of = [&](const Parts& parts) {
    const LegId leg = incoming(parts);
    network.transmits.clear();
    bob.endpoint.accept(leg, sdp_body("answer"), network.now);
    network.pump();
    const auto answer = Message::parse(network.transmits.front().bytes);
    return answer ? std::string(answer->header(HeaderName::contact)) : std::string();
  };
  EXPECT_EQ(contact_of({.uri = "sips:bob@10.0.0.2", .branch = "z9hG4bKa", .call_id = "a"}), "<sips:bob@10.0.0.2:5061>");
  EXPECT_EQ(contact_of({.branch = "z9hG4bKb", .headers = "Record-Route: <sips:p.test;lr>\r\n", .call_id = "b"}),
            "<sips:bob@10.0.0.2:5061>");
  EXPECT_EQ(contact_of({.branch = "z9hG4bKc", .call_id = "c"}), "<sip:bob@10.0.0.2:5061;transport=tls>");
  Outgoing call = network.call(network.ada);
  call.request_uri = "sips:ada@10.0.0.1";
  network.transmits.clear();
  bob.endpoint.invite(call, network.now);
  network.pump();
  EXPECT_EQ(Message::parse(network.transmits.front().bytes)->header(HeaderName::contact), "<sips:bob@10.0.0.2:5061>");
}

// RFC 6086 section 4.2.2
TEST_F(RulesTest, InfoPackageThatNobodyInvitedIs469) {
  const LegId leg = incoming();
  const auto answer = send(text(
      {.method = "INFO", .branch = "z9hG4bKi", .to_tag = bobs_tag(leg), .headers = "Info-Package: x\r\n", .cseq = 2}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 469);
  EXPECT_TRUE(answer->has(HeaderName::recv_info));
  EXPECT_FALSE(bob.take<IncomingRequest>());
}

TEST_F(RulesTest, OptionsTellWhatWeCan) {
  send(text({.method = "OPTIONS"}));
  network.transmits.clear();
  bob.endpoint.respond(bob.take<IncomingRequest>()->id, {}, network.now);
  network.pump();
  const auto answer = Message::parse(network.transmits.front().bytes);
  EXPECT_EQ(answer->header(HeaderName::accept), "application/sdp");
  EXPECT_THAT(answer->header(HeaderName::allow), HasSubstr("PRACK"));
  EXPECT_THAT(answer->header(HeaderName::supported), HasSubstr("100rel"));
  EXPECT_THAT(answer->header(HeaderName::supported), HasSubstr("timer"));
}

TEST_F(RulesTest, RetransmittedInviteIsOneCall) {
  incoming();
  EXPECT_FALSE(send(text({})));  // TLS: nothing was lost, so nothing is repeated
  EXPECT_THAT(bob.events, IsEmpty());
  EXPECT_EQ(bob.endpoint.leg_count(), 1U);
}

TEST_F(RulesTest, CancelFromSomewhereElseIs481) {
  incoming();
  Flow other = network.flow_at(bob);
  other.id = FlowId{99};
  other.remote.ip = "10.0.0.66";
  bob.endpoint.receive(other, text({.method = "CANCEL"}), network.now);
  const auto answer = Message::parse(bob.endpoint.poll_transmit()->bytes);
  EXPECT_EQ(answer->status(), 481);
  EXPECT_EQ(bob.endpoint.leg_count(), 1U);
}

TEST_F(RulesTest, CSeqThatRunsBackwardsIs500) {
  const LegId leg = incoming({.cseq = 5});
  EXPECT_EQ(status({.method = "INFO", .branch = "z9hG4bKi", .to_tag = bobs_tag(leg), .cseq = 4}), 500);
  EXPECT_EQ(status({.method = "BYE", .branch = "z9hG4bKb", .to_tag = bobs_tag(leg), .from_tag = "wrong", .cseq = 6}),
            481);
  EXPECT_EQ(status({.method = "BYE", .branch = "z9hG4bKb", .to_tag = bobs_tag(leg), .cseq = 6}), 200);
  EXPECT_TRUE(bob.take<Ended>());
}

TEST_F(RulesTest, ByeBeforeTheAnswerEndsTheInviteToo) {
  const LegId leg = incoming();
  send(text({.method = "BYE", .branch = "z9hG4bKb", .to_tag = bobs_tag(leg), .cseq = 2}));
  ASSERT_EQ(network.transmits.size(), 2U);
  EXPECT_EQ(Message::parse(network.transmits[0].bytes)->status(), 200);
  EXPECT_EQ(Message::parse(network.transmits[1].bytes)->status(), 487);
  EXPECT_TRUE(bob.take<Ended>());
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
}

TEST_F(RulesTest, SecondReinviteBeforeTheFirstIsAnsweredIs500) {
  const LegId leg = incoming();
  bob.endpoint.accept(leg, sdp_body("answer"), network.now);
  const std::string tag = bobs_tag(leg);
  network.pump();
  EXPECT_EQ(status({.branch = "z9hG4bKearly", .to_tag = tag, .cseq = 2}), 491);
  send(text({.method = "ACK", .branch = "z9hG4bKack", .to_tag = tag, .cseq = 1}));
  EXPECT_TRUE(bob.take<Acked>());
  EXPECT_EQ(status({.branch = "z9hG4bKr1", .to_tag = tag, .cseq = 3}), 100);
  EXPECT_TRUE(bob.take<Reinvited>());
  const auto second = send(text({.branch = "z9hG4bKr2", .to_tag = tag, .cseq = 4}));
  EXPECT_EQ(second->status(), 500);
  EXPECT_TRUE(second->has(HeaderName::retry_after));
}

TEST_F(RulesTest, UpdateOfferThatCrossesOursIs491) {
  const LegId leg = incoming();
  bob.endpoint.accept(leg, sdp_body("answer"), network.now);
  const std::string tag = bobs_tag(leg);
  network.pump();
  send(text({.method = "ACK", .branch = "z9hG4bKack", .to_tag = tag}));
  EXPECT_TRUE(bob.take<Acked>());
  bob.endpoint.reinvite(leg, sdp_body("offer"), network.now);
  network.pump();
  const std::string sdp = "Content-Type: application/sdp\r\n";
  EXPECT_EQ(
      status({.method = "UPDATE", .branch = "z9hG4bKu", .to_tag = tag, .headers = sdp, .body = "offer", .cseq = 2}),
      491);
  // No offer: no collision. It refreshes the session, which is no matter for the application.
  EXPECT_EQ(status({.method = "UPDATE", .branch = "z9hG4bKv", .to_tag = tag, .cseq = 3}), 200);
  EXPECT_FALSE(bob.take<IncomingRequest>());
}

TEST_F(RulesTest, UpdateRefreshesTheTarget) {
  const LegId leg = incoming();
  bob.endpoint.accept(leg, sdp_body("answer"), network.now);
  const std::string tag = bobs_tag(leg);
  network.pump();
  send(text({.method = "ACK", .branch = "z9hG4bKack", .to_tag = tag}));
  std::string update = text({.method = "UPDATE", .branch = "z9hG4bKu", .to_tag = tag, .cseq = 2});
  update.replace(update.find("10.0.0.9"), 8, "10.0.9.9");
  send(update);
  EXPECT_TRUE(bob.take<Acked>());
  network.transmits.clear();
  bob.endpoint.hang_up(leg, network.now);
  network.pump();
  EXPECT_EQ(Message::parse(network.transmits.front().bytes)->request_uri().bare_host(), "10.0.9.9");
}

TEST_F(RulesTest, OptionsGoesToTheApplication) {
  send(text({.method = "OPTIONS"}));
  const auto request = bob.take<IncomingRequest>();
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->leg);
  network.transmits.clear();
  bob.endpoint.respond(request->id, {.headers = {{"Accept", "application/sdp"}}}, network.now);
  bob.endpoint.respond(request->id, {.status = 404}, network.now);  // once is enough
  network.pump();
  ASSERT_EQ(network.transmits.size(), 1U);
  const auto answer = Message::parse(network.transmits[0].bytes);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_NE(answer->to().tag, "");
  EXPECT_TRUE(answer->has(HeaderName::allow));
  EXPECT_EQ(bob.endpoint.transaction_count(), 0U);
}

TEST_F(RulesTest, AnUnansweredRequestIsForgotten) {
  send(text({.method = "OPTIONS"}));
  const auto request = bob.take<IncomingRequest>();
  network.run(33s);
  EXPECT_EQ(bob.endpoint.transaction_count(), 0U);
  bob.endpoint.respond(request->id, {}, network.now);
  EXPECT_FALSE(bob.endpoint.poll_transmit());
}

TEST_F(RulesTest, StrayResponsesAreAbsorbed) {
  EXPECT_FALSE(
      send("SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 10.0.0.2:5061;branch=z9hG4bKnone\r\nFrom: <sip:a@b>;tag=1\r\n"
           "To: <sip:b@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_THAT(bob.events, IsEmpty());
}

TEST_F(RulesTest, CallsOnLegsThatAreOverDoNothing) {
  const LegId gone{12345};
  bob.endpoint.ack(gone, {}, network.now);
  bob.endpoint.accept(gone, {}, network.now);
  bob.endpoint.reject(gone, {}, network.now);
  bob.endpoint.provisional(gone, 180, {}, network.now);
  bob.endpoint.reinvite(gone, {}, network.now);
  bob.endpoint.hang_up(gone, network.now);
  EXPECT_FALSE(bob.endpoint.poll_event());
  EXPECT_FALSE(bob.endpoint.poll_transmit());
  const RequestId id = bob.endpoint.request_in_dialog(gone, Method::info, {}, {}, network.now);
  const auto completed = std::get<Completed>(bob.endpoint.poll_event().value());
  EXPECT_EQ(completed.id, id);
  EXPECT_EQ(completed.status, 481);
}

TEST_F(RulesTest, AnUnreadableInviteOfOursFailsAtOnce) {
  Outgoing bad = network.call(network.ada);
  bad.request_uri = "sip:not a uri";
  const LegId leg = bob.endpoint.invite(bad, network.now);
  const auto refused = std::get<Refused>(bob.endpoint.poll_event().value());
  EXPECT_EQ(refused.leg, leg);
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(bob.endpoint.leg_count(), 0U);
  EXPECT_FALSE(bob.endpoint.poll_transmit());
}

}  // namespace
}  // namespace ringwall::sip
