#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/element_for_test.h"
#include "runtime/sip_host.h"

namespace ringwall::runtime::test {
namespace {

using testing::HasSubstr;

/// Everything over ::1. Skipped only where the kernel has no IPv6.
class Ipv6Test : public testing::Test {
 protected:
  void SetUp() override {
    const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    const bool there = probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (probe >= 0) ::close(probe);
    if (!there) GTEST_SKIP() << "this kernel has no IPv6";
  }
  SipHostOptions options(const std::string& name, const std::string& other) {
    auto made = element_options(name, "::1", root.identity(name + ".ringwall.test"));
    made.peers = {{other, {other + ".ringwall.test"}, root.anchors()}};
    made.clear_listeners = {{sip::Transport::udp, 0, "test"}, {sip::Transport::tcp, 0, "test"}};
    return made;
  }
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
};

TEST_F(Ipv6Test, EveryTransportCarriesMessagesBothWays) {
  TestElement edge(loop, options("edge", "server")), server(loop, options("server", "edge"));
  for (const auto transport : {sip::Transport::tls, sip::Transport::tcp, sip::Transport::udp}) {
    const auto before = server.recorder.messages.size();
    const NetAddress there = server.transports->local(transport);
    EXPECT_EQ(there.ip, "::1");
    edge.send({{}, transport, there, "server"}, request_text("OPTIONS", edge.transports->local(transport)));
    ASSERT_TRUE(run([&] { return server.recorder.messages.size() == before + 1; })) << print(transport);
    const auto& flow = server.recorder.messages.back().flow;
    EXPECT_EQ(flow.transport, transport);
    EXPECT_EQ(flow.remote.ip, "::1");
    EXPECT_EQ(flow.local, there);
    server.send({flow.id}, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == before + 1; })) << print(transport);
  }
  const auto view = server.transports->view();
  for (const auto& connection : view.connections)
    EXPECT_THAT(connection.remote.text(), HasSubstr("[::1]:"));
}

TEST_F(Ipv6Test, AConnectionIsReusedByItsAlias) {
  TestElement edge(loop, options("edge", "server")), server(loop, options("server", "edge"));
  edge.send(edge.route_to(server, "server"),
            request_text("OPTIONS", edge.transports->local(sip::Transport::tls), ";alias"));
  ASSERT_TRUE(run([&] { return server.recorder.messages.size() == 1; }));
  server.send(server.route_to(edge, "edge"), request_text("OPTIONS", server.transports->local(sip::Transport::tls)));
  ASSERT_TRUE(run([&] { return edge.recorder.messages.size() == 1; }));
  EXPECT_TRUE(edge.recorder.messages[0].flow.outgoing);
}

TEST_F(Ipv6Test, ViaAndContactHaveBracketsAndReceivedHasNone) {
  std::vector<std::string> vias, contacts, answered;
  std::unique_ptr<SipHost> server, edge;
  auto to = options("server", "edge"), from = options("edge", "server");
  to.host = from.host = "";  // the address is shown
  server = SipHost::create(loop, to, [&](sip::Event event) {
             if (const auto* request = std::get_if<sip::IncomingRequest>(&event)) {
               vias.emplace_back(request->message->header(sip::HeaderName::via));
               contacts.emplace_back(request->message->header(sip::HeaderName::contact));
               server->endpoint().respond(request->id, {.status = 200}, loop.now());
             }
           }).value();
  edge = SipHost::create(loop, from, [&](sip::Event event) {
           if (const auto* completed = std::get_if<sip::Completed>(&event); completed && completed->message)
             answered.emplace_back(completed->message->header(sip::HeaderName::via));
         }).value();
  sip::Outgoing outgoing;
  outgoing.route = {{}, sip::Transport::udp, server->local(sip::Transport::udp), ""};
  outgoing.request_uri = "sip:" + server->local(sip::Transport::udp).text();
  outgoing.from = outgoing.to = "<sip:a@[::1]>";
  edge->endpoint().request(sip::Method::options, outgoing, loop.now());
  edge->flush();
  ASSERT_TRUE(run([&] { return answered.size() == 1; }));
  const std::string sent_by = edge->local(sip::Transport::udp).text();
  EXPECT_THAT(vias.at(0), HasSubstr("SIP/2.0/UDP " + sent_by));
  EXPECT_THAT(contacts.at(0), HasSubstr("@" + sent_by + ";transport=udp>"));
  // RFC 3261 section 25.1: `received` is a bare IPv6address.
  EXPECT_THAT(answered.at(0), HasSubstr(";received=::1"));
  EXPECT_THAT(answered.at(0), HasSubstr(";rport=" + std::to_string(edge->local(sip::Transport::udp).port)));
}

}  // namespace
}  // namespace ringwall::runtime::test
