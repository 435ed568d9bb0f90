#include <gmock/gmock.h>

#include <algorithm>

#include "proof/report.h"

namespace ringwall::proof {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const NetAddress edge{"127.18.133.226", 43210}, server{"127.18.133.13", 5061};
const NetAddress edge_media{"127.18.133.226", 16384}, phone_media{"127.18.133.75", 18000};
const WallTime now = WallTime(1'800'000'000s);

SignallingEnd end(std::string local, std::string peer) {
  return {.tls_version = "TLSv1.3",
          .cipher = "TLS_AES_256_GCM_SHA384",
          .group = "x25519",
          .local_name = std::move(local),
          .peer_name = std::move(peer),
          .verified = "SAN, chain to 3f2a"};
}

/// Facts with which everything is proven; each test spoils one.
Facts good_facts() {
  Facts facts{.seconds = 12.5, .now = now};
  HopEvidence signalling{.from = "edge", .to = "call-server"};
  signalling.signalling = SignallingEvidence{.client = edge,
                                             .server = server,
                                             .from_end = end("edge.ringwall.test", "call-server.ringwall.test"),
                                             .to_end = end("call-server.ringwall.test", "edge.ringwall.test")};
  HopEvidence media{.from = "edge", .to = "phone"};
  media.media =
      MediaEvidence{.from = edge_media, .to = phone_media, .tone = Tone{440, true}, .tone_back = Tone{660, true}};
  media.media->from_end = MediaEnd{.suite = "AEAD_AES_256_GCM", .sent = 100, .received = 99, .jitter_ms = 0.25};
  media.media->to_end = MediaEnd{.suite = "AEAD_AES_256_GCM", .sent = 99, .received = 100};
  facts.hops = {signalling, media};

  TcpWire wire{.client = edge, .server = server, .from_start = true, .packets = 20, .tls = true};
  wire.client_sent.records = 8;
  wire.server_sent.records = 7;
  wire.server_hello = ServerHello{.version = "TLSv1.3", .cipher = "TLS_AES_256_GCM_SHA384", .group = "x25519"};
  facts.wire.connections = {wire};
  facts.wire.media = {MediaWire{.path = {"edge", "phone", edge_media, phone_media},
                                .packets_from = 100,
                                .packets_to = 99,
                                .authenticated_from = 100,
                                .authenticated_to = 99,
                                .rtcp = 2,
                                .rtcp_authenticated = 2}};
  facts.wire.counts = {20, 199, 2, 0, 0, 0, 0, 1};
  facts.wire.packets = 222;
  return facts;
}

/// Judges, and expects one failure whose `what` holds this text.
Failure only_failure(const Facts& facts, const std::string& what) {
  const Report report = judge(facts);
  EXPECT_FALSE(report.proven);
  EXPECT_EQ(report.failures.size(), 1U);
  for (const Failure& failure : report.failures)
    EXPECT_FALSE(failure.mend.empty()) << failure.what;
  if (report.failures.empty()) return {};
  EXPECT_THAT(report.failures[0].what, HasSubstr(what));
  return report.failures[0];
}

/// Judges, and expects among the failures one whose `what` holds this text.
void expect_failure(const Facts& facts, const std::string& what) {
  const Report report = judge(facts);
  EXPECT_FALSE(report.proven);
  EXPECT_TRUE(std::ranges::any_of(report.failures, [&](const Failure& f) {
    return f.what.find(what) != std::string::npos;
  })) << what;
}

class Judge : public testing::Test {
 protected:
  Facts facts = good_facts();
  SignallingEvidence& signalling() { return *facts.hops[0].signalling; }
  MediaEvidence& media() { return *facts.hops[1].media; }
  TcpWire& wire() { return facts.wire.connections[0]; }
};

TEST_F(Judge, ProvesWhatIsGood) {
  const Report report = judge(facts);
  EXPECT_TRUE(report.proven);
  EXPECT_TRUE(report.failures.empty());
  EXPECT_TRUE(report.hops[0].proven && report.hops[1].proven);
  EXPECT_EQ(report.hops[0].signalling->wire.records_from_to, 8U);
  EXPECT_EQ(report.hops[1].media->wire_authenticated, 201U);
  EXPECT_EQ(report.hops[1].media->jitter_ms, 0.25);
}

TEST_F(Judge, NoCaptureRights) {
  facts.capture_error = Error{"no right to capture packets", "lo", "run as root"};
  EXPECT_EQ(only_failure(facts, "the wire was not captured").mend, "run as root");
}
TEST_F(Judge, NoCaptureAtAll) {
  facts.capture_error = Error{"no right to capture packets", "lo", "run as root"};
  facts.wire = {};
  expect_failure(facts, "not seen on the wire");
}
TEST_F(Judge, TheTestCallFailed) {
  facts.call_error = Error{"404 Not Found", "INVITE 6016", "see the dial plan"};
  EXPECT_EQ(only_failure(facts, "test call").why, "INVITE 6016: 404 Not Found");
}
TEST_F(Judge, KernelDrops) {
  facts.capture.kernel_drops = 3;
  EXPECT_THAT(only_failure(facts, "not whole").why, HasSubstr("3 packets"));
}
TEST_F(Judge, RingDrops) {
  facts.capture.ring_drops = 1;
  only_failure(facts, "not whole");
}
TEST_F(Judge, UnexaminedPackets) {
  facts.wire.unexamined = 1;
  only_failure(facts, "not examined");
}
TEST_F(Judge, NoHops) {
  facts.hops.clear();
  expect_failure(facts, "no hop");
}
TEST_F(Judge, AHopOfWhichNothingIsKnown) {
  facts.hops.push_back({.from = "edge", .to = "voice-browser"});
  EXPECT_EQ(only_failure(facts, "nothing is known").hop, "edge -> voice-browser");
}
TEST_F(Judge, ConnectionNotOnTheWire) {
  facts.wire.connections.clear();
  EXPECT_EQ(only_failure(facts, "not seen on the wire").hop, "edge -> call-server");
}
TEST_F(Judge, ConnectionWithoutTlsOnTheWire) {
  wire().tls = false;
  only_failure(facts, "not seen on the wire");
}
TEST_F(Judge, RecordsOneWayOnly) {
  wire().server_sent.records = 0;
  only_failure(facts, "one direction");
}
TEST_F(Judge, PlaintextOnTheConnection) {
  wire().client_sent.plain_bytes = 7;
  only_failure(facts, "not TLS");
}
TEST_F(Judge, AnEndThatReportsNothing) {
  signalling().to_end.reset();
  EXPECT_THAT(only_failure(facts, "reported nothing").what, HasSubstr("call-server"));
}
TEST_F(Judge, AnEndThatIsClear) {
  signalling().from_end->transport = "TCP";
  only_failure(facts, "not encrypted");
}
TEST_F(Judge, AnOldTlsVersion) {
  signalling().from_end->tls_version = signalling().to_end->tls_version = wire().server_hello->version = "TLSv1.1";
  expect_failure(facts, "too old");
}
TEST_F(Judge, ANameNotVerified) {
  signalling().to_end->verified.clear();
  EXPECT_EQ(only_failure(facts, "not verified").what, "the name of edge was not verified by call-server");
}
TEST_F(Judge, ANameThatTheOtherDidNotShow) {
  signalling().from_end->peer_name = "mallory.example";
  only_failure(facts, "same certificate");
}
TEST_F(Judge, EndsThatDisagree) {
  wire().server_hello.reset();
  signalling().from_end->cipher = "TLS_AES_128_GCM_SHA256";
  only_failure(facts, "do not agree");
}
TEST_F(Judge, AWireThatDisagrees) {
  wire().server_hello->group = "P-256";
  expect_failure(facts, "the wire do not agree");
}
TEST_F(Judge, AHandshakeBeforeTheCaptureIsNoFailure) {
  wire().server_hello.reset();
  const Report report = judge(facts);
  EXPECT_TRUE(report.proven);
  EXPECT_FALSE(report.hops[0].signalling->wire.handshake_captured);
}
TEST_F(Judge, AConnectionThatTheOtherEndOpened) {
  std::swap(signalling().client, signalling().server);
  signalling().server_is_from = true;
  const Report report = judge(facts);
  EXPECT_TRUE(report.proven);
  EXPECT_EQ(report.hops[0].signalling->wire.records_from_to, 8U);
}
TEST_F(Judge, MediaEndThatReportsNothing) {
  media().to_end.reset();
  only_failure(facts, "reported nothing of its media");
}
TEST_F(Judge, MediaInClear) {
  media().from_end->suite = media().to_end->suite = "";
  expect_failure(facts, "media is not encrypted");
}
TEST_F(Judge, MediaOneWayOnly) {
  media().from_end->received = 0;
  only_failure(facts, "both ways");
}
TEST_F(Judge, SuitesThatDiffer) {
  media().from_end->suite = "AES_CM_128_HMAC_SHA1_80";
  only_failure(facts, "same SRTP suite");
}
TEST_F(Judge, KeyExchangesThatDiffer) {
  media().from_end->dtls = true;
  only_failure(facts, "how they agreed on keys");
}
TEST_F(Judge, NamesTheKeyExchange) {
  EXPECT_EQ(judge(facts).hops[1].media->key_exchange, "SDES");
  media().from_end->dtls = media().to_end->dtls = true;
  EXPECT_EQ(judge(facts).hops[1].media->key_exchange, "DTLS");
}
TEST_F(Judge, MediaNotOnTheWire) {
  facts.wire.media.clear();
  only_failure(facts, "media was not seen");
}
TEST_F(Judge, MediaOnTheWireOneWayOnly) {
  facts.wire.media[0].packets_to = facts.wire.media[0].authenticated_to = 0;
  only_failure(facts, "media was not seen");
}
TEST_F(Judge, MediaThatDoesNotAuthenticate) {
  --facts.wire.media[0].authenticated_to;
  EXPECT_THAT(only_failure(facts, "do not authenticate").why, HasSubstr("1 of 201"));
}
TEST_F(Judge, RtcpThatDoesNotAuthenticate) {
  facts.wire.media[0].rtcp_authenticated = 0;
  only_failure(facts, "do not authenticate");
}
TEST_F(Judge, AToneThatWasNotHeard) {
  media().tone_back->found = false;
  EXPECT_THAT(only_failure(facts, "tone did not arrive").why, HasSubstr("660 Hz"));
}
TEST_F(Judge, AToneThatWasNotSent) {
  media().tone.reset();
  only_failure(facts, "from the caller to the agent");
}
TEST_F(Judge, ClearPacketsOfNoWaiver) {
  facts.wire.clear = {
      {PacketClass::clear_sip, Protocol::udp, {"10.0.0.9", 5060}, {"127.18.133.226", 5060}, 4, "SIP text"}};
  EXPECT_THAT(only_failure(facts, "packets were clear (clear-sip)").why, HasSubstr("10.0.0.9:5060"));
}

class Waived : public Judge {
 protected:
  Waived() {
    facts.wire.clear = {
        {PacketClass::clear_sip, Protocol::udp, {"10.0.0.9", 5060}, {"127.18.133.226", 5060}, 4, "SIP text"}};
    facts.waivers = {
        {.name = "pstn", .reason = "old gateway", .until = now + 1s, .paths = {{"pstn", {"10.0.0.9", 0}, {}}}}};
  }
};

TEST_F(Waived, ClearPacketsAreExcusedAndCounted) {
  const Report report = judge(facts);
  EXPECT_TRUE(report.proven);
  EXPECT_EQ(report.waivers.at(0).packets, 4U);
}
TEST_F(Waived, NotOnAnotherPath) {
  facts.wire.clear[0].source.ip = "10.0.0.10";
  only_failure(facts, "packets were clear");
}
TEST_F(Waived, NotAfterItsEnd) {
  facts.now += 1s;
  EXPECT_THAT(only_failure(facts, "packets were clear").why, HasSubstr("the waiver pstn ended on 2027-01-15"));
}
TEST_F(Waived, NotWithoutAnAddress) {
  facts.waivers[0].paths = {{"pstn", {}, {}}};
  only_failure(facts, "packets were clear");
}
TEST_F(Waived, AClearHopIsExcused) {
  signalling().waiver = "pstn";
  signalling().from_end->transport = signalling().to_end->transport = "UDP";
  facts.wire.connections.clear();
  media().from_end->suite = media().to_end->suite = "";
  media().from_end->waiver = "pstn";
  facts.wire.media.clear();
  EXPECT_TRUE(judge(facts).proven);
  facts.now += 1s;
  expect_failure(facts, "signalling is not encrypted");
  expect_failure(facts, "media is not encrypted");
}
TEST_F(Waived, ManyClearFlowsAreSummedUp) {
  for (std::uint16_t i = 0; i < 50; ++i) {
    facts.wire.clear.push_back({PacketClass::clear_rtp, Protocol::udp, {"10.1.0.1", i}, {"10.1.0.2", i}, 1, "RTP"});
  }
  const Report report = judge(facts);
  EXPECT_EQ(report.failures.size(), 21U);
  EXPECT_EQ(report.failures.back().why, "30 more flows");
}

}  // namespace
}  // namespace ringwall::proof
