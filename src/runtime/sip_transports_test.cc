#include "runtime/sip_transports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "runtime/element_for_test.h"
#include "runtime/tls_ticket_keys.h"

namespace ringwall::runtime::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class SipTransportsTest : public testing::Test {
 protected:
  SipHostOptions edge_options() {
    auto options = element_options("edge", "127.55.1.1", root.identity("edge.ringwall.test"));
    options.peers = {{"server", {"server.ringwall.test"}, root.anchors()}};
    return options;
  }
  SipHostOptions server_options() {
    auto options = element_options("server", "127.55.1.2", root.identity("server.ringwall.test"));
    options.peers = {{"edge", {"edge.ringwall.test"}, root.anchors()}};
    return options;
  }
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
};

TEST_F(SipTransportsTest, CarriesMessagesBothWaysOverMutualTls13) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  const auto text = request_text("OPTIONS", edge.transports->local(sip::Transport::tls));
  edge.send(edge.route_to(server, "server"), text);
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  const auto& got = server.recorder.messages[0];
  EXPECT_EQ(got.text, text);
  EXPECT_FALSE(got.flow.outgoing);
  EXPECT_EQ(got.flow.remote.ip, "127.55.1.1");
  EXPECT_EQ(got.flow.local, server.transports->local(sip::Transport::tls));
  EXPECT_EQ(got.flow.tls().version, "TLSv1.3");
  EXPECT_EQ(got.flow.tls().cipher, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(got.flow.tls().group, "x25519");
  EXPECT_THAT(got.flow.tls().peer_names, ElementsAre("edge.ringwall.test"));
  EXPECT_EQ(got.flow.tls().local_name, "server.ringwall.test");
  EXPECT_EQ(got.flow.tls().anchor, root.fingerprint());
  EXPECT_FALSE(got.flow.tls().resumed);

  server.send({got.flow.id}, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  const auto& back = edge.recorder.messages[0];
  EXPECT_TRUE(back.flow.outgoing);
  EXPECT_EQ(back.flow.peer, "server");
  EXPECT_THAT(back.flow.tls().peer_names, ElementsAre("server.ringwall.test"));
  EXPECT_EQ(back.flow.tls().anchor, root.fingerprint());

  const auto view = edge.transports->view();
  ASSERT_EQ(view.connections.size(), 1u);
  EXPECT_EQ(view.connections[0].state, ConnectionState::established);
  EXPECT_EQ(view.connections[0].certificate_kind, "ECDSA");
  EXPECT_EQ(view.connections[0].messages_out, 1u);
  EXPECT_EQ(view.connections[0].messages_in, 1u);
  EXPECT_EQ(view.connections[0].write_queue, 0u);
  EXPECT_GE(view.totals.max_write_queue, text.size());
  EXPECT_EQ(view.totals.active, 1u);
  ASSERT_EQ(view.listeners.size(), 1u);
}

TEST_F(SipTransportsTest, CarriesMessagesBothWaysOverMutualTls12WithAnRsaPeer) {
  auto from = edge_options();
  from.peers[0].tls_maximum = "1.2";
  auto to = server_options();
  to.identity = root.identity(Wanted{.names = {"server.ringwall.test"}, .key = crypto::KeyType::rsa2048});
  TestElement edge(loop, from), server(loop, to);
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  const auto flow = server.recorder.messages[0].flow;
  EXPECT_EQ(flow.tls().version, "TLSv1.2");
  EXPECT_EQ(flow.tls().cipher, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
  EXPECT_EQ(flow.tls().group, "x25519");
  server.send({flow.id}, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  EXPECT_EQ(edge.recorder.messages[0].flow.tls().version, "TLSv1.2");
  EXPECT_EQ(server.transports->view().connections.at(0).certificate_kind, "RSA");
  EXPECT_EQ(edge.transports->view().connections.at(0).certificate_kind, "RSA");
}

TEST_F(SipTransportsTest, ReusesItsConnectionAndTheQueueWaitsForTheConnect) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  for (int i = 0; i < 3; ++i)
    edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 3; }));
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 4; }));
  EXPECT_EQ(edge.transports->view().connections.size(), 1u);
  EXPECT_EQ(server.transports->view().connections.size(), 1u);
}

TEST_F(SipTransportsTest, TheAcceptingSideReusesAConnectionWithAlias) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  const auto edge_address = edge.transports->local(sip::Transport::tls);
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", edge_address, ";alias"));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  server.send(server.route_to(edge, "edge"), request_text("OPTIONS", server.transports->local(sip::Transport::tls)));
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  EXPECT_TRUE(edge.recorder.messages[0].flow.outgoing);  // it came over the edge's own connection
  EXPECT_EQ(server.transports->view().connections.size(), 1u);
  EXPECT_EQ(server.transports->view().connections[0].alias, edge_address);
}

TEST_F(SipTransportsTest, WithoutAliasTheAcceptingSideConnectsItself) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", edge.transports->local(sip::Transport::tls)));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  server.send(server.route_to(edge, "edge"), request_text("OPTIONS", {"127.55.1.2", 5061}));
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  EXPECT_EQ(server.transports->view().connections.size(), 2u);
}

TEST_F(SipTransportsTest, AnAliasOfAnotherNameIsNotReused) {
  auto options = server_options();
  options.peers.push_back({"carrier", {"carrier.ringwall.test"}, root.anchors()});
  TestElement edge(loop, edge_options()), server(loop, options);
  edge.send(edge.route_to(server, "server"),
            request_text("OPTIONS", edge.transports->local(sip::Transport::tls), ";alias"));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  const auto id = server.send(server.route_to(edge, "carrier"), request_text("OPTIONS", {"127.55.1.2", 5061}));
  ASSERT_TRUE(run([&] { return !server.recorder.failed.empty(); }));
  EXPECT_EQ(server.recorder.failed[0].first, id);
  EXPECT_THAT(server.recorder.failed[0].second, HasSubstr("edge.ringwall.test"));
  EXPECT_TRUE(edge.recorder.messages.empty());
}

class ResumptionTest : public SipTransportsTest, public testing::WithParamInterface<const char*> {
 protected:
  void exchange(TestElement& edge, TestElement& server) {
    const auto before = edge.recorder.messages.size();
    edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
    // The session ticket arrives behind the handshake: the answer makes sure that it was read.
    ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == before + 1; }));
  }
  void hang_up(TestElement& edge, TestElement& server) {
    ASSERT_TRUE(edge.transports->close_connection(edge.recorder.messages.back().flow.id));
    ASSERT_TRUE(run([&] { return server.transports->view().connections.empty(); }));
  }
  static void answer_everything(TestElement& server) {
    server.recorder.on_message = [&server](const Recorder::Message& message) {
      server.send({message.flow.id}, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
  }
};

TEST_P(ResumptionTest, KeepsTheFactsOfTheFullHandshake) {
  auto from = edge_options();
  from.peers[0].tls_maximum = GetParam();
  TestElement edge(loop, from), server(loop, server_options());
  answer_everything(server);
  for (int round = 0; round < 3; ++round) {
    exchange(edge, server);
    hang_up(edge, server);
  }
  for (const TestElement* side : {&edge, &server}) {
    const auto& full = side->recorder.messages[0].flow.tls();
    EXPECT_FALSE(full.resumed);
    EXPECT_EQ(full.version, std::string("TLSv") + GetParam());
    for (int round = 1; round < 3; ++round) {
      const auto& again = side->recorder.messages[round].flow.tls();
      EXPECT_TRUE(again.resumed) << round;
      EXPECT_EQ(again.peer_names, full.peer_names);
      EXPECT_EQ(again.peer_serial, full.peer_serial);
      EXPECT_EQ(again.anchor, root.fingerprint());
      EXPECT_EQ(again.group, full.group);
      EXPECT_EQ(again.local_name, full.local_name);
    }
  }
  EXPECT_EQ(server.transports->view().totals.remote_closures, 3u);
}

TEST_P(ResumptionTest, ANewIdentityEndsResumptionAndLeavesLiveConnections) {
  auto from = edge_options();
  from.peers[0].tls_maximum = GetParam();
  TestElement edge(loop, from), server(loop, server_options());
  answer_everything(server);
  exchange(edge, server);
  const auto old_serial = edge.recorder.messages[0].flow.tls().peer_serial;
  ASSERT_TRUE(server.transports->set_identity(root.identity("server.ringwall.test")));
  exchange(edge, server);  // over the live connection
  EXPECT_EQ(edge.recorder.messages[1].flow.id, edge.recorder.messages[0].flow.id);
  hang_up(edge, server);
  exchange(edge, server);
  EXPECT_FALSE(edge.recorder.messages[2].flow.tls().resumed);
  EXPECT_NE(edge.recorder.messages[2].flow.tls().peer_serial, old_serial);
}

TEST_P(ResumptionTest, TicketsOutliveAReloadOfThePeers) {
  auto from = edge_options();
  from.peers[0].tls_maximum = GetParam();
  auto to = server_options();
  TestElement edge(loop, from), server(loop, to);
  answer_everything(server);
  exchange(edge, server);
  hang_up(edge, server);
  to.peers.push_back({"new", {"new.ringwall.test"}, root.anchors()});
  ASSERT_TRUE(server.transports->set_peers(to.peers));
  exchange(edge, server);
  EXPECT_TRUE(edge.recorder.messages[1].flow.tls().resumed);
  hang_up(edge, server);
  // A ticket of an authority that is trusted no more is worth nothing.
  TestAuthority other("Other Root");
  ASSERT_TRUE(server.transports->set_peers({{"new", {"new.ringwall.test"}, other.anchors()}}));
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return !edge.recorder.failed.empty(); }));
  EXPECT_THAT(edge.recorder.failed[0].second, HasSubstr("does not trust the CA of our client certificate"));
}

TEST_P(ResumptionTest, TicketsOutliveTheirKeyByOneLifetime) {
  auto from = edge_options();
  from.peers[0].tls_maximum = GetParam();
  auto to = server_options();
  to.ticket_keys = std::make_shared<TicketKeys>(500ms);
  TestElement edge(loop, from), server(loop, to);
  answer_everything(server);
  exchange(edge, server);
  hang_up(edge, server);
  std::this_thread::sleep_for(600ms);  // the key is old, and still opens
  exchange(edge, server);
  EXPECT_TRUE(edge.recorder.messages[1].flow.tls().resumed);
  hang_up(edge, server);
  std::this_thread::sleep_for(1100ms);
  exchange(edge, server);
  EXPECT_FALSE(edge.recorder.messages[2].flow.tls().resumed);
}

TEST_P(ResumptionTest, NearlyAllHandshakesOfReturningClientsResume) {
  auto from = edge_options();
  from.peers[0].tls_maximum = GetParam();
  TestElement edge(loop, from), server(loop, server_options());
  answer_everything(server);
  int resumed = 0;
  for (int round = 0; round <= 200; ++round) {
    exchange(edge, server);
    resumed += server.recorder.messages.back().flow.tls().resumed ? 1 : 0;
    hang_up(edge, server);
  }
  EXPECT_EQ(resumed, 200);  // all but the first
}

TEST_F(SipTransportsTest, ServerAndClientIdentitiesChangeWhileConnectionsLive) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  const auto old = server.recorder.messages[0].flow;
  ASSERT_TRUE(edge.transports->set_identity(root.identity("edge.ringwall.test")));
  ASSERT_TRUE(server.transports->set_identity(root.identity("server.ringwall.test")));
  server.send({old.id}, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  const auto server_serial = edge.recorder.messages[0].flow.tls().peer_serial;
  ASSERT_TRUE(edge.transports->close_connection(edge.recorder.messages[0].flow.id));
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 2; }));
  EXPECT_NE(server.recorder.messages[1].flow.tls().peer_serial, old.tls().peer_serial);  // the client's
  server.send({server.recorder.messages[1].flow.id}, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 2; }));
  EXPECT_NE(edge.recorder.messages[1].flow.tls().peer_serial, server_serial);
}

INSTANTIATE_TEST_SUITE_P(Versions, ResumptionTest, testing::Values("1.2", "1.3"));

TEST_F(SipTransportsTest, ABadNewIdentityIsRefusedAndTheOldOneStays) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  const auto refused = server.transports->set_identity(TlsIdentity::in_folder("/nonexistent"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("/nonexistent/server.crt"));
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  EXPECT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
}

TEST_F(SipTransportsTest, ShowsTheIdentityThatTheSniAsksFor) {
  auto to = server_options();
  to.more_identities = {root.identity("second.ringwall.test")};
  auto from = edge_options();
  from.peers.push_back({"second", {"second.ringwall.test"}, root.anchors()});
  TestElement edge(loop, from), server(loop, to);
  edge.send(edge.route_to(server, "second"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 2; }));
  std::vector<std::string> names;
  for (const auto& message : server.recorder.messages)
    names.push_back(message.flow.tls().local_name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("server.ringwall.test", "second.ringwall.test"));
}

TEST_F(SipTransportsTest, SessionKeysAreWrittenOnlyOnRequest) {
  const auto file = std::filesystem::temp_directory_path() / ("ringwall-keys-" + std::to_string(::getpid()));
  std::filesystem::remove(file);
  ::setenv("SSLKEYLOGFILE", file.c_str(), 1);
  for (const bool wanted : {false, true}) {
    auto to = server_options();
    to.debug_key_log = wanted;
    TestElement edge(loop, edge_options()), server(loop, to);
    edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
    ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
    EXPECT_EQ(std::filesystem::exists(file), wanted);
  }
  ::unsetenv("SSLKEYLOGFILE");
  std::filesystem::remove(file);
}

TEST_F(SipTransportsTest, AConnectionThatIsBeingClosedIsNotReused) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  const auto text = request_text("OPTIONS", {"127.55.1.1", 5061});
  edge.send(edge.route_to(server, "server"), text);
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  ASSERT_TRUE(edge.transports->close_connection(edge.transports->view().connections.at(0).flow));
  edge.send(edge.route_to(server, "server"), text);
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 2; }));
  EXPECT_TRUE(edge.recorder.failed.empty());
  EXPECT_FALSE(edge.transports->close_connection(sip::FlowId{99}));
}

TEST_F(SipTransportsTest, ARouteOfAnUnknownPeerFails) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  const auto id = edge.send(edge.route_to(server, "stranger"), "x");
  ASSERT_TRUE(run([&] { return edge.recorder.failed.size() == 1; }));
  EXPECT_EQ(edge.recorder.failed[0].first, id);
  EXPECT_THAT(edge.recorder.failed[0].second, HasSubstr("no peer is called \"stranger\""));
}

TEST_F(SipTransportsTest, AClosedPortFailsWhatWaits) {
  TestElement edge(loop, edge_options());
  NetAddress nobody;
  {
    TestElement gone(loop, server_options());
    nobody = gone.transports->local(sip::Transport::tls);
  }
  edge.send({{}, sip::Transport::tls, nobody, "server"}, "one");
  edge.send({{}, sip::Transport::tls, nobody, "server"}, "two");
  ASSERT_TRUE(run([&] { return edge.recorder.failed.size() == 2; }));
  EXPECT_THAT(edge.recorder.failed[0].second, HasSubstr("Connection refused"));
  EXPECT_TRUE(edge.recorder.closed.empty());
  EXPECT_EQ(edge.transports->view().totals.connect_failures, 1u);
  EXPECT_EQ(edge.transports->view().totals.send_failures, 2u);
  EXPECT_TRUE(edge.transports->view().connections.empty());
}

TEST_F(SipTransportsTest, AFlowThatIsGoneFailsItsMessages) {
  TestElement edge(loop, edge_options());
  edge.send({sip::FlowId{77}}, "x");
  ASSERT_TRUE(run([&] { return edge.recorder.failed.size() == 1; }));
}

TEST_F(SipTransportsTest, ClosingTellsBothSides) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  edge.send(edge.route_to(server, "server"), request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  edge.transports->close();
  ASSERT_TRUE(run([&] { return edge.recorder.closed.size() == 1 && server.recorder.closed.size() == 1; }));
  EXPECT_EQ(server.recorder.closed[0], server.recorder.messages[0].flow.id);
  edge.send(edge.route_to(server, "server"), "late");
  EXPECT_TRUE(run([&] { return edge.recorder.failed.size() == 1; }));
}

TEST_F(SipTransportsTest, DrainingKeepsConnectionsAndAcceptsNone) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  const auto route = edge.route_to(server, "server");
  edge.send(route, request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  server.transports->drain();
  EXPECT_FALSE(server.transports->view().listeners.at(0).accepting);
  edge.send(route, request_text("OPTIONS", {"127.55.1.1", 5061}));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 2; }));
  auto other = edge_options();
  other.address = "127.55.1.3";
  TestElement late(loop, other);
  late.send(route, "x");
  EXPECT_TRUE(run([&] { return late.recorder.failed.size() == 1; }));
}

TEST_F(SipTransportsTest, AnOwnerMayDestroyTheTransportsInsideACallback) {
  TestElement edge(loop, edge_options()), server(loop, server_options());
  server.recorder.on_message = [&](const Recorder::Message&) { server.transports.reset(); };
  const auto text = request_text("OPTIONS", {"127.55.1.1", 5061});
  edge.send(edge.route_to(server, "server"), text + text + text);
  EXPECT_TRUE(run([&] { return edge.recorder.closed.size() == 1; }));
  EXPECT_EQ(server.recorder.messages.size(), 1u);
}

TEST_F(SipTransportsTest, AClearListenerNeedsAWaiver) {
  auto options = server_options();
  options.clear_listeners = {{sip::Transport::udp, 0, ""}};
  Recorder recorder;
  const auto refused = SipTransports::create(loop, options, recorder);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("waiver"));
}

TEST_F(SipTransportsTest, ClearRoutesNeedAWaiverToo) {
  TestElement edge(loop, edge_options());
  edge.send({{}, sip::Transport::udp, {"127.55.1.9", 5060}, ""}, "x");
  edge.send({{}, sip::Transport::tcp, {"127.55.1.9", 5060}, ""}, "x");
  ASSERT_TRUE(run([&] { return edge.recorder.failed.size() == 2; }));
  for (const auto& [id, why] : edge.recorder.failed)
    EXPECT_THAT(why, HasSubstr("waiver"));
}

TEST_F(SipTransportsTest, CarriesUdpByWaiver) {
  auto from = edge_options(), to = server_options();
  from.clear_listeners = to.clear_listeners = {{sip::Transport::udp, 0, "old-pstn"}};
  TestElement edge(loop, from), server(loop, to);
  edge.send({{}, sip::Transport::udp, server.transports->local(sip::Transport::udp), ""}, "one");
  edge.send({{}, sip::Transport::udp, server.transports->local(sip::Transport::udp), ""}, "\r\n\r\n");
  edge.send({{}, sip::Transport::udp, server.transports->local(sip::Transport::udp), ""}, "two");
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 2; }));
  const auto flow = server.recorder.messages[0].flow;
  EXPECT_EQ(flow.transport, sip::Transport::udp);
  EXPECT_EQ(flow.remote, edge.transports->local(sip::Transport::udp));
  EXPECT_EQ(flow.id, server.recorder.messages[1].flow.id);
  EXPECT_TRUE(flow.tls().version.empty());
  server.send({flow.id}, "back");
  EXPECT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  EXPECT_EQ(server.transports->view().listeners.at(1).waiver, "old-pstn");
}

TEST_F(SipTransportsTest, CarriesTcpByWaiver) {
  auto from = edge_options(), to = server_options();
  from.clear_listeners = to.clear_listeners = {{sip::Transport::tcp, 0, "old-pstn"}};
  TestElement edge(loop, from), server(loop, to);
  const auto text = request_text("OPTIONS", {"127.55.1.1", 5060});
  edge.send({{}, sip::Transport::tcp, server.transports->local(sip::Transport::tcp), ""}, text);
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  EXPECT_EQ(server.recorder.messages[0].text, text);
  server.send({server.recorder.messages[0].flow.id}, text);
  EXPECT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
}

}  // namespace
}  // namespace ringwall::runtime::test
