#include "runtime/handshake_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/metric.h"
#include "base/time.h"
#include "runtime/element_for_test.h"
#include "runtime/raw_socket_for_test.h"

namespace ringwall::runtime::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

/// Two elements of which one has something wrong with it; each test says what.
class HandshakeFailureTest : public testing::Test {
 protected:
  SipHostOptions client_options() {
    auto options = element_options("edge", "127.55.2.1", root.identity("edge.ringwall.test"));
    options.peers = {{"server", {"server.ringwall.test"}, root.anchors()}};
    return options;
  }
  SipHostOptions server_options() {
    auto options = element_options("server", "127.55.2.2", root.identity("server.ringwall.test"));
    options.peers = {{"edge", {"edge.ringwall.test"}, root.anchors()}};
    return options;
  }
  static std::vector<HandshakeFailure> failures(const TestElement& element) {
    return element.transports->view().failures;
  }

  /// The client sends, and both sides must report a failure; no message may arrive, and the sender must be told.
  void expect_refusal(const SipHostOptions& from, const SipHostOptions& to) {
    TestElement client(loop, from), server(loop, to);
    const auto id = client.send(client.route_to(server, "server"), request_text("OPTIONS", {"127.55.2.1", 5061}));
    ASSERT_TRUE(loop.run_until(
        [&] { return !failures(client).empty() && !failures(server).empty() && !client.recorder.failed.empty(); },
        kPatience));
    EXPECT_EQ(client.recorder.failed[0].first, id);
    EXPECT_TRUE(server.recorder.messages.empty());
    at_client = failures(client)[0];
    at_server = failures(server)[0];
    EXPECT_TRUE(at_client.outgoing);
    EXPECT_EQ(at_client.peer, "server");
    EXPECT_FALSE(at_server.outgoing);
    EXPECT_EQ(at_server.remote.ip, "127.55.2.1");
    EXPECT_EQ(client.transports->view().totals.client_handshake_failures, 1u);
    EXPECT_EQ(server.transports->view().totals.server_handshake_failures, 1u);
    EXPECT_TRUE(server.transports->view().connections.empty());
  }

  /// What a server says of OpenSSL's own client, started with these options.
  HandshakeFailure refusal_of_s_client(const std::string& arguments, SipHostOptions options) {
    TestElement server(loop, std::move(options));
    const Command client("timeout 20 openssl s_client -connect " +
                         server.transports->local(sip::Transport::tls).text() + " " + arguments);
    EXPECT_TRUE(loop.run_until([&] { return !failures(server).empty(); }, kPatience));
    return failures(server).empty() ? HandshakeFailure{} : failures(server)[0];
  }

  /// What a client says of OpenSSL's own server.
  HandshakeFailure refusal_of_s_server(const std::string& arguments, const TlsIdentity& identity) {
    NetAddress address;
    {
      address = RawSocket::listen("127.55.2.9").local();
    }
    const Command server("timeout 5 openssl s_server -www -naccept 1 -accept " + address.text() + " -cert " +
                         identity.server_certificate.string() + " -key " + identity.server_key.string() + " " +
                         arguments);
    TestElement client(loop, client_options());
    // Until it listens, connects are refused.
    const bool failed = loop.run_until(
        [&] {
          if (client.transports->view().connections.empty())
            client.send({{}, sip::Transport::tls, address, "server"}, "x");
          return !failures(client).empty();
        },
        kPatience);
    EXPECT_TRUE(failed);
    return failed ? failures(client)[0] : HandshakeFailure{};
  }

  /// What a server says of a peer that sends these bytes.
  HandshakeFailure refusal_of_bytes(std::string_view bytes, bool then_close = false) {
    auto options = server_options();
    options.handshake_time = 200ms;
    TestElement server(loop, options);
    auto peer = RawSocket::connect(server.transports->local(sip::Transport::tls));
    loop.run_until([&] { return peer.send(bytes); }, kPatience);
    if (then_close) peer.close();
    EXPECT_TRUE(loop.run_until([&] { return !failures(server).empty(); }, kPatience));
    return failures(server).empty() ? HandshakeFailure{} : failures(server)[0];
  }

  /// What a client says of a server that answers its ClientHello with these bytes.
  HandshakeFailure refusal_of_answer(std::string_view bytes, bool then_close = false) {
    auto options = client_options();
    options.handshake_time = 200ms;
    TestElement client(loop, options);
    auto listener = RawSocket::listen("127.55.2.9");
    client.send({{}, sip::Transport::tls, listener.local(), "server"}, "x");
    RawSocket peer(-1);
    loop.run_until(
        [&] {
          if (!peer.good()) peer = listener.accept();
          return peer.good() && !peer.receive().empty();
        },
        kPatience);
    peer.send(bytes);
    if (then_close) peer.close();
    EXPECT_TRUE(loop.run_until([&] { return !failures(client).empty(); }, kPatience));
    return failures(client).empty() ? HandshakeFailure{} : failures(client)[0];
  }

  TestAuthority root{"Test Root"}, other_root{"Other Root"};
  SignallingLoop loop;
  HandshakeFailure at_client, at_server;
};

TEST_F(HandshakeFailureTest, NoClientCertificateOverTls13) {
  const auto failure = refusal_of_s_client("-tls1_3", server_options());
  EXPECT_EQ(failure.reason, HandshakeReason::no_client_certificate);
  EXPECT_THAT(failure.sentence, HasSubstr("the peer (client) showed no certificate"));
}

TEST_F(HandshakeFailureTest, NoClientCertificateOverTls12) {
  EXPECT_EQ(refusal_of_s_client("-tls1_2", server_options()).reason, HandshakeReason::no_client_certificate);
}

TEST_F(HandshakeFailureTest, WhereACertificateIsOptionalOnlyAMissingOneIsForgiven) {
  auto options = server_options();
  options.certificate_optional = true;
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    TestElement server(loop, options);
    const std::string address = server.transports->local(sip::Transport::tls).text();
    const Command client(
        "((printf 'OPTIONS sip:b SIP/2.0\\r\\nContent-Length: 0\\r\\n\\r\\n'; sleep 2) | timeout 20 openssl "
        "s_client -quiet " +
        std::string(version) + " -connect " + address + ")");
    ASSERT_TRUE(loop.run_until([&] { return !server.recorder.messages.empty(); }, kPatience)) << version;
    const sip::TlsFacts& facts = server.recorder.messages[0].flow.tls();
    EXPECT_THAT(facts.peer_names, testing::IsEmpty());
    EXPECT_EQ(facts.anchor, "");
    EXPECT_FALSE(facts.version.empty());
  }
  auto from = client_options();
  from.identity = other_root.identity("edge.ringwall.test");
  expect_refusal(from, options);
  EXPECT_EQ(at_server.reason, HandshakeReason::unknown_ca);
}

TEST_F(HandshakeFailureTest, TheClientsCaIsUnknown) {
  for (const char* version : {"1.2", "1.3"}) {
    auto from = client_options();
    from.peers[0].tls_maximum = version;
    from.identity = other_root.identity("edge.ringwall.test");
    expect_refusal(from, server_options());
    EXPECT_EQ(at_server.reason, HandshakeReason::unknown_ca);
    EXPECT_THAT(at_server.sentence, AllOf(HasSubstr("do not trust the CA of the client's certificate"),
                                          HasSubstr("CN=edge.ringwall.test"), HasSubstr("CN=Other Root")));
    EXPECT_EQ(at_client.reason, HandshakeReason::unknown_ca_alert);
    EXPECT_THAT(at_client.sentence, AllOf(HasSubstr("does not trust the CA of our client certificate"),
                                          HasSubstr("CN=Other Root"), HasSubstr("import our trust anchors")));
  }
}

TEST_F(HandshakeFailureTest, TheServersCaIsUnknown) {
  auto to = server_options();
  to.identity = other_root.identity("server.ringwall.test");
  expect_refusal(client_options(), to);
  EXPECT_EQ(at_client.reason, HandshakeReason::unknown_ca);
  EXPECT_THAT(at_client.sentence, HasSubstr("do not trust the CA of the server's certificate"));
  EXPECT_EQ(at_server.reason, HandshakeReason::unknown_ca_alert);
  EXPECT_THAT(at_server.sentence, HasSubstr("does not trust the CA of our server certificate"));
}

TEST_F(HandshakeFailureTest, TheClientsCertificateHasExpired) {
  auto from = client_options();
  from.identity = root.identity(Wanted{.names = {"edge.ringwall.test"}, .from = -2h, .until = -1h});
  const auto earliest = wall_now() - 1h - 5min;
  expect_refusal(from, server_options());
  EXPECT_EQ(at_server.reason, HandshakeReason::certificate_expired);
  EXPECT_THAT(at_server.sentence, AllOf(HasSubstr("the client's certificate"), HasSubstr("expired at"),
                                        HasSubstr(print_wall_time(earliest).substr(0, 11))));
  EXPECT_EQ(at_client.reason, HandshakeReason::certificate_alert);
  EXPECT_THAT(at_client.sentence, AllOf(HasSubstr("certificate expired"), HasSubstr("our client certificate")));
}

TEST_F(HandshakeFailureTest, TheServersCertificateHasExpired) {
  auto to = server_options();
  to.identity = root.identity(Wanted{.names = {"server.ringwall.test"}, .from = -2h, .until = -1h});
  expect_refusal(client_options(), to);
  EXPECT_EQ(at_client.reason, HandshakeReason::certificate_expired);
  EXPECT_EQ(at_server.reason, HandshakeReason::certificate_alert);
}

TEST_F(HandshakeFailureTest, TheClientsCertificateIsNotYetValid) {
  auto from = client_options();
  from.identity = root.identity(Wanted{.names = {"edge.ringwall.test"}, .from = 1h});
  expect_refusal(from, server_options());
  EXPECT_EQ(at_server.reason, HandshakeReason::certificate_not_yet_valid);
  EXPECT_THAT(at_server.sentence, HasSubstr("is not valid before 20"));
}

TEST_F(HandshakeFailureTest, TheCertificateIsForTheOtherUse) {
  const auto servers = root.identity("edge.ringwall.test");
  const auto client = refusal_of_s_client(
      "-cert " + servers.server_certificate.string() + " -key " + servers.server_key.string(), server_options());
  EXPECT_EQ(client.reason, HandshakeReason::certificate_purpose);
  EXPECT_THAT(client.sentence, AllOf(HasSubstr("client's certificate"), HasSubstr("CN=edge.ringwall.test"),
                                     HasSubstr("lacks clientAuth"), HasSubstr("must show its client certificate")));
  auto clients = root.identity("server.ringwall.test");
  clients.server_certificate = clients.client_certificate;
  clients.server_key = clients.client_key;
  const auto server = refusal_of_s_server("", clients);
  EXPECT_EQ(server.reason, HandshakeReason::certificate_purpose);
  EXPECT_THAT(server.sentence, HasSubstr("lacks serverAuth"));
}

TEST_F(HandshakeFailureTest, AnElementIsNotStartedWithACertificateForTheOtherUse) {
  Recorder recorder;
  for (const bool listens : {true, false}) {
    auto options = client_options();
    options.listen_tls = listens;
    options.identity = root.identity(Wanted{.names = {"edge.ringwall.test"}, .swap_purposes = true});
    const auto refused = SipTransports::create(loop, options, recorder);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), AllOf(HasSubstr("CN=edge.ringwall.test"), HasSubstr("cannot be used as a"),
                                              HasSubstr(listens ? "lacks serverAuth" : "lacks clientAuth")));
  }
}

TEST_F(HandshakeFailureTest, ASelfSignedCertificateIsOfNoCaOfOurs) {
  const auto folder = root.identity("x.ringwall.test").server_key.parent_path().string();
  const std::string files = folder + "/self.key -out " + folder + "/self.crt";
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
                         "/CN=edge.ringwall.test -keyout " +
                         files + " 2>/dev/null")
                            .c_str()),
            0);
  const auto client =
      refusal_of_s_client("-cert " + folder + "/self.crt -key " + folder + "/self.key", server_options());
  EXPECT_EQ(client.reason, HandshakeReason::unknown_ca);
  EXPECT_THAT(client.sentence,
              AllOf(HasSubstr("client's certificate"), HasSubstr("signed itself"), HasSubstr("CN=edge.ringwall.test")));
  auto own = root.identity("server.ringwall.test");
  own.server_certificate = folder + "/self.crt";
  own.server_key = folder + "/self.key";
  const auto server = refusal_of_s_server("", own);
  EXPECT_EQ(server.reason, HandshakeReason::unknown_ca);
  EXPECT_THAT(server.sentence, HasSubstr("signed itself"));
}

TEST_F(HandshakeFailureTest, APeersProfileNarrowsWhatIsOffered) {
  auto from = client_options();
  from.peers[0].tls_maximum = "1.2";
  from.peers[0].ciphers = {"ECDHE-RSA-AES256-GCM-SHA384"};
  from.peers[0].groups = {"P-384"};
  expect_refusal(from, server_options());  // which has an ECDSA certificate
  EXPECT_EQ(at_client.reason, HandshakeReason::no_common_cipher);
  EXPECT_THAT(at_client.sentence, AllOf(HasSubstr("its profile allows only ECDHE-RSA-AES256-GCM-SHA384"),
                                        HasSubstr("P-384"), HasSubstr("change the profile")));
  from.peers[0].ciphers = {"ECDHE-ECDSA-AES128-GCM-SHA256"};
  from.peers[0].groups = {"P-256"};  // in TLS 1.2 also the curve of the certificate (RFC 8422 section 5.1.1)
  TestElement client(loop, from), server(loop, server_options());
  client.send(client.route_to(server, "server"), request_text("OPTIONS", {"127.55.2.1", 5061}));
  ASSERT_TRUE(loop.run_until([&] { return server.recorder.messages.size() == 1; }, kPatience));
  const auto& tls = server.recorder.messages[0].flow.tls();
  EXPECT_EQ(tls.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(tls.group, "P-256");
}

TEST_F(HandshakeFailureTest, AServerAboveAMaximumOfTls12) {
  auto options = client_options();
  options.peers[0].tls_maximum = "1.2";
  auto to = server_options();
  to.tls_minimum = "1.3";
  expect_refusal(options, to);
  EXPECT_EQ(at_client.reason, HandshakeReason::protocol_version);
  EXPECT_THAT(at_client.sentence, HasSubstr("raise tls_maximum of the profile"));
}

TEST_F(HandshakeFailureTest, TheServerIsNotWhomWeWanted) {
  auto to = server_options();
  to.identity = root.identity("impostor.ringwall.test");
  expect_refusal(client_options(), to);
  EXPECT_EQ(at_client.reason, HandshakeReason::name_mismatch);
  EXPECT_THAT(at_client.sentence, AllOf(HasSubstr("for the names impostor.ringwall.test"),
                                        HasSubstr("this peer must be server.ringwall.test")));
  EXPECT_EQ(at_server.reason, HandshakeReason::certificate_alert);
  EXPECT_THAT(at_server.sentence, HasSubstr("bad certificate"));
}

TEST_F(HandshakeFailureTest, AWildcardIsNoName) {
  auto to = server_options();
  to.identity = root.identity("*.ringwall.test");
  expect_refusal(client_options(), to);
  EXPECT_EQ(at_client.reason, HandshakeReason::name_mismatch);
}

TEST_F(HandshakeFailureTest, AClientThatOffersTls11AtMost) {
  const auto failure = refusal_of_s_client("-tls1_1 -cipher ALL:@SECLEVEL=0", server_options());
  EXPECT_EQ(failure.reason, HandshakeReason::protocol_version);
  EXPECT_THAT(failure.sentence, AllOf(HasSubstr("offers at most TLS 1.1"), HasSubstr("TLS 1.2 or newer")));
}

TEST_F(HandshakeFailureTest, AClientBelowAMinimumOfTls13) {
  auto options = server_options();
  options.tls_minimum = "1.3";
  const auto failure = refusal_of_s_client("-tls1_2", options);
  EXPECT_EQ(failure.reason, HandshakeReason::protocol_version);
  EXPECT_THAT(failure.sentence, AllOf(HasSubstr("offers at most TLS 1.2"), HasSubstr("TLS 1.3 or newer")));
}

TEST_F(HandshakeFailureTest, AServerThatSpeaksTls11AtMost) {
  const auto failure = refusal_of_s_server("-tls1_1 -cipher ALL:@SECLEVEL=0", root.identity("server.ringwall.test"));
  EXPECT_EQ(failure.reason, HandshakeReason::protocol_version);
  EXPECT_THAT(failure.sentence, HasSubstr("the peer (server) speaks no TLS version that we accept"));
}

TEST_F(HandshakeFailureTest, NoCommonCipher) {
  const auto failure = refusal_of_s_client("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", server_options());
  EXPECT_EQ(failure.reason, HandshakeReason::no_common_cipher);
  EXPECT_THAT(failure.sentence, HasSubstr("no common cipher with the peer (client)"));
  const auto ours =
      refusal_of_s_server("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", root.identity("server.ringwall.test"));
  EXPECT_EQ(ours.reason, HandshakeReason::no_common_cipher);
}

TEST_F(HandshakeFailureTest, ClearTextOnATlsPort) {
  const auto sip = refusal_of_bytes(request_text("OPTIONS", {"127.55.2.1", 5060}));
  EXPECT_EQ(sip.reason, HandshakeReason::plain_sip);
  EXPECT_THAT(sip.sentence, HasSubstr("SIP in clear to this TLS port"));
  EXPECT_EQ(refusal_of_bytes("\r\n\r\n").reason, HandshakeReason::plain_sip);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n").reason, HandshakeReason::plain_http);
  const auto noise = refusal_of_bytes("\x99noise");
  EXPECT_EQ(noise.reason, HandshakeReason::not_tls);
  EXPECT_THAT(noise.sentence, HasSubstr("0x99"));
}

TEST_F(HandshakeFailureTest, ClearTextFromAServer) {
  EXPECT_EQ(refusal_of_answer("HTTP/1.1 400 Bad Request\r\n\r\n").reason, HandshakeReason::plain_http);
  EXPECT_EQ(refusal_of_answer("SIP/2.0 400 Bad Request\r\n\r\n").reason, HandshakeReason::plain_sip);
}

TEST_F(HandshakeFailureTest, APeerThatStopsInTheMiddleTimesOut) {
  const auto silent = refusal_of_bytes("");
  EXPECT_EQ(silent.reason, HandshakeReason::timeout);
  EXPECT_THAT(silent.sentence, HasSubstr("no complete ClientHello within 0.2 s"));
  EXPECT_EQ(refusal_of_bytes(std::string_view("\x16\x03\x01\x02\x00\x01", 6)).reason, HandshakeReason::timeout);
  const auto server = refusal_of_answer("");
  EXPECT_EQ(server.reason, HandshakeReason::timeout);
  EXPECT_THAT(server.sentence, HasSubstr("the peer (server) did not finish"));
}

TEST_F(HandshakeFailureTest, APeerThatClosesInTheMiddle) {
  const auto client = refusal_of_bytes(std::string_view("\x16\x03\x01\x02\x00\x01", 6), true);
  EXPECT_EQ(client.reason, HandshakeReason::reset);
  EXPECT_THAT(client.sentence, HasSubstr("the peer (client) closed the connection"));
  EXPECT_EQ(refusal_of_answer("", true).reason, HandshakeReason::reset);
}

TEST_F(HandshakeFailureTest, RandomRecordsNeverHarm) {
  std::string bytes("\x16\x03\x01\x00\x40", 5);
  for (int i = 0; i < 64; ++i)
    bytes.push_back(static_cast<char>(i * 37));
  EXPECT_EQ(refusal_of_bytes(bytes).reason, HandshakeReason::other);
}

TEST(HandshakeFailureLog, KeepsTheLastAndCountsAll) {
  auto& counter =
      Metrics::instance().counter("ringwall_tls_handshakes_refused_total", "side=\"server\",reason=\"not-tls\"");
  const auto before = counter.value();
  HandshakeFailureLog failures("test");
  for (std::size_t i = 0; i < limits::handshake_failures_kept + 5; ++i)
    failures.add({.remote = {"192.0.2.1", static_cast<std::uint16_t>(i)}, .reason = HandshakeReason::not_tls});
  EXPECT_EQ(failures.last().size(), limits::handshake_failures_kept);
  EXPECT_EQ(failures.last().front().remote.port, 5);
  EXPECT_EQ(failures.as_server(), limits::handshake_failures_kept + 5);
  EXPECT_EQ(failures.as_client(), 0u);
  EXPECT_EQ(counter.value() - before, limits::handshake_failures_kept + 5);
}

}  // namespace
}  // namespace ringwall::runtime::test
