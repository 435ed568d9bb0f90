#include "sip/transport/by_address.h"

#include <gmock/gmock.h>

#include "sip/endpoint/simulated_network.h"

namespace ringwall::sip {
namespace {

constexpr std::string_view named = "<sip:bob@bob.test:5061;transport=tls>";
constexpr std::string_view numbered = "<sip:bob@10.0.0.2:5061;transport=tls>";

// An endpoint with a name and an address, and a peer written out by hand that uses one of them.
struct ByAddressTest : testing::Test {
  simulated::Party party{"bob", "10.0.0.2", 1};
  Endpoint bob{with_name()};
  Flow flow{FlowId{1}, Transport::tls, {"10.0.0.2", 5061}, {"10.0.0.9", 40000}, false, {}, {}};
  Time now{std::chrono::seconds(1000)};
  int calls = 0;

  EndpointOptions with_name() {
    EndpointOptions out = party.options();
    out.host = "bob.test";
    return out;
  }
  std::string sent_contact() {
    std::string out;
    while (const auto transmit = bob.poll_transmit())
      if (const auto message = Message::parse(transmit->bytes); message && message->has(HeaderName::contact))
        out = message->header(HeaderName::contact);
    return out;
  }
  /// What the first response to an INVITE for this URI says.
  std::string contact_of_answer(std::string_view uri, std::string_view headers = {}) {
    ++calls;
    bob.receive(flow,
                fmt::format("INVITE {0} SIP/2.0\r\nVia: SIP/2.0/TLS peer.test;branch=z9hG4bK{1}\r\nMax-Forwards: 70\r\n"
                            "From: <sip:peer@peer.test>;tag=p\r\nTo: <{0}>\r\nCall-ID: call-{1}\r\nCSeq: 1 INVITE\r\n"
                            "Contact: <sip:peer@10.0.0.9:40000;transport=tls>\r\n{2}Content-Length: 0\r\n\r\n",
                            uri, calls, headers),
                now);
    LegId leg;
    while (const auto event = bob.poll_event())
      if (const auto* invite = std::get_if<IncomingInvite>(&*event)) leg = invite->leg;
    EXPECT_TRUE(leg);
    bob.accept(leg, sdp_body("offer"), now);
    last = leg;
    return sent_contact();
  }

  LegId last;
};

TEST_F(ByAddressTest, WhoNamesUsIsShownOurName) {
  EXPECT_EQ(contact_of_answer("sip:1001@ringwall.test"), named);
  EXPECT_EQ(contact_of_answer("sip:1001@bob.test"), named);
  EXPECT_EQ(contact_of_answer("sip:1001@10.0.0.3"), named) << "no address of ours";
}

TEST_F(ByAddressTest, WhoCallsOurAddressIsShownIt) {
  EXPECT_EQ(contact_of_answer("sip:1001@10.0.0.2"), numbered);
  EXPECT_EQ(contact_of_answer("sip:10.0.0.2:5061;transport=tls"), numbered);
}

TEST_F(ByAddressTest, ARouteSaysHowWeAreReached) {
  EXPECT_EQ(contact_of_answer("sip:1001@ringwall.test", "Route: <sip:10.0.0.2:5061;transport=tls;lr>\r\n"), numbered);
  EXPECT_EQ(contact_of_answer("sip:1001@10.0.0.2", "Route: <sip:bob.test;lr>\r\n"), named);
}

TEST_F(ByAddressTest, TheConnectionSaysItForAllOfItsRequests) {
  flow.facts = std::make_shared<TlsFacts>(TlsFacts{.by_address = true});
  EXPECT_EQ(contact_of_answer("sip:1001@ringwall.test"), numbered);
  EXPECT_EQ(contact_of_answer("sips:1001@ringwall.test"), "<sips:bob@10.0.0.2:5061>");
}

TEST_F(ByAddressTest, OurOwnRequestsInThatDialogShowTheSame) {
  for (const auto& [uri, contact] : {std::pair{"sip:1001@10.0.0.2", numbered}, {"sip:1001@ringwall.test", named}}) {
    ASSERT_EQ(contact_of_answer(uri), contact);
    bob.receive(flow,
                fmt::format("ACK sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TLS peer.test;branch=z9hG4bKa{0}\r\n"
                            "Max-Forwards: 70\r\nFrom: <sip:peer@peer.test>;tag=p\r\nTo: <{1}>;tag={2}\r\n"
                            "Call-ID: call-{0}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
                            calls, uri, bob.view(last)->local_tag),
                now);
    bob.reinvite(last, sdp_body("again"), now);
    EXPECT_EQ(sent_contact(), contact);
  }
}

TEST_F(ByAddressTest, ACallToOneWhoKnowsTheAddressShowsIt) {
  Outgoing call;
  call.route = {flow.id, Transport::tls, flow.remote, "phone1001"};
  call.request_uri = "sip:1001@10.0.0.9:40000;transport=tls";
  call.from = "<sip:caller@ringwall.test>";
  call.to = "<sip:1001@ringwall.test>";
  bob.invite(call, now);
  EXPECT_EQ(sent_contact(), named);
  call.route.by_address = true;
  bob.invite(call, now);
  EXPECT_EQ(sent_contact(), numbered);
}

}  // namespace
}  // namespace ringwall::sip
