#include "runtime/sip_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/element_for_test.h"

namespace ringwall::runtime::test {
namespace {

using namespace std::chrono_literals;

/// One element with an endpoint; keeps its events' names and the ids that the tests need.
struct HostedElement {
  HostedElement(SignallingLoop& signalling_loop, SipHostOptions options) : loop(signalling_loop) {
    host = SipHost::create(loop, std::move(options), [this](sip::Event event) { handle(std::move(event)); }).value();
  }

  void handle(sip::Event event) {
    EXPECT_FALSE(inside) << "events come one at a time";
    inside = true;
    std::visit([this](auto& what) { happened(what); }, event);
    inside = false;
  }
  template <class Other>
  void happened(Other&) {
    ADD_FAILURE() << "an event that no test here causes";
  }
  void happened(sip::IncomingInvite& invite) {
    log += "invite ";
    leg = invite.leg;
    flow = invite.flow;
    host->endpoint().provisional(leg, 180, {}, loop.now());
    host->endpoint().accept(leg, sip::sdp_body("v=0\r\n"), loop.now());
  }
  void happened(sip::IncomingRequest& request) {
    log += "request ";
    flow = request.flow;
    host->endpoint().respond(request.id, {200}, loop.now());
  }
  void happened(sip::Answered& answered) {
    log += "answered ";
    host->endpoint().ack(answered.leg, {}, loop.now());
  }
  void happened(sip::Completed& completed) {
    log += "completed ";
    status = completed.status;
  }
  void happened(sip::Refused& refused) {
    log += "refused ";
    status = refused.status;
  }
  void happened(sip::Ended&) { log += "ended "; }
  void happened(sip::Acked&) { log += "acked "; }
  void happened(sip::Progress&) { log += "progress "; }
  void happened(sip::Reinvited&) { log += "reinvited "; }

  sip::Outgoing to(const HostedElement& other, const std::string& peer) const {
    sip::Outgoing out;
    out.route = {{}, sip::Transport::tls, other.host->local(sip::Transport::tls), peer};
    out.request_uri = "sip:6016@" + peer + ".ringwall.test";
    out.from = "<sip:caller@ringwall.test>";
    out.to = "<sip:6016@ringwall.test>";
    return out;
  }

  SignallingLoop& loop;
  std::unique_ptr<SipHost> host;
  std::string log;
  sip::LegId leg;
  sip::Flow flow;
  int status = 0;
  bool inside = false;
};

class SipHostTest : public testing::Test {
 protected:
  SipHostOptions options(const std::string& name, const std::string& address) {
    auto made = element_options(name, address, root.identity(name + ".ringwall.test"));
    made.peers = {{"edge", {"edge.ringwall.test"}, root.anchors()},
                  {"server", {"server.ringwall.test"}, root.anchors()}};
    return made;
  }
  bool run(const std::function<bool()>& done) { return loop.run_until(done, kPatience); }

  TestAuthority root{"Test Root"};
  SignallingLoop loop;
};

TEST_F(SipHostTest, AWholeCallOverMutualTls) {
  HostedElement edge(loop, options("edge", "127.55.4.1")), server(loop, options("server", "127.55.4.2"));
  auto outgoing = edge.to(server, "server");
  outgoing.body = sip::sdp_body("v=0\r\n");
  const auto leg = edge.host->endpoint().invite(outgoing, loop.now());
  edge.host->flush();
  ASSERT_TRUE(run([&] { return server.log.ends_with("acked "); }));
  EXPECT_EQ(server.log, "invite acked ");
  EXPECT_THAT(edge.log, testing::EndsWith("answered "));
  EXPECT_THAT(server.flow.tls().peer_names, testing::ElementsAre("edge.ringwall.test"));
  server.host->endpoint().hang_up(server.leg, loop.now());
  server.host->flush();
  ASSERT_TRUE(run([&] { return edge.log.ends_with("ended "); }));
  EXPECT_FALSE(edge.host->endpoint().view(leg).has_value());
  EXPECT_EQ(edge.host->view().connections.size(), 1u);
}

TEST_F(SipHostTest, ARequestToNobodyCompletesWith503) {
  HostedElement edge(loop, options("edge", "127.55.4.1"));
  sip::Outgoing outgoing;
  {
    const HostedElement gone(loop, options("server", "127.55.4.2"));
    outgoing = edge.to(gone, "server");
  }
  edge.host->endpoint().request(sip::Method::options, outgoing, loop.now());
  edge.host->flush();
  EXPECT_TRUE(edge.log.empty()) << "no event inside flush()";
  ASSERT_TRUE(run([&] { return edge.log == "completed "; }));
  EXPECT_EQ(edge.status, 503);
}

TEST_F(SipHostTest, TellsOfConnectionsThatEndButNotOfThoseItCloses) {
  HostedElement edge(loop, options("edge", "127.55.4.1")), server(loop, options("server", "127.55.4.2"));
  std::vector<sip::FlowId> closed_at_server, closed_at_edge;
  server.host->on_flow_closed([&](sip::FlowId flow) { closed_at_server.push_back(flow); });
  edge.host->on_flow_closed([&](sip::FlowId flow) { closed_at_edge.push_back(flow); });
  edge.host->endpoint().request(sip::Method::options, edge.to(server, "server"), loop.now());
  edge.host->flush();
  ASSERT_TRUE(run([&] { return edge.log == "completed "; }));
  EXPECT_TRUE(closed_at_server.empty());
  edge.host->close();
  ASSERT_TRUE(run([&] { return !closed_at_server.empty(); }));
  EXPECT_EQ(closed_at_server, std::vector{server.flow.id});
  EXPECT_TRUE(closed_at_edge.empty());
}

TEST_F(SipHostTest, TheEndpointsTimersRun) {
  auto from = options("edge", "127.55.4.1"), to = options("server", "127.55.4.2");
  from.clear_listeners = to.clear_listeners = {{sip::Transport::udp, 0, "test"}};
  HostedElement edge(loop, from);
  // Nobody answers at first: the request that is answered is one that a timer sent again.
  auto outgoing = edge.to(edge, "edge");
  NetAddress later;
  {
    const HostedElement probe(loop, to);
    later = probe.host->local(sip::Transport::udp);
  }
  outgoing.route = {{}, sip::Transport::udp, later, ""};
  edge.host->endpoint().request(sip::Method::options, outgoing, loop.now());
  edge.host->flush();
  ASSERT_EQ(edge.host->view().connections.at(0).messages_out, 1u);
  to.clear_listeners[0].port = later.port;
  HostedElement server(loop, to);
  ASSERT_TRUE(run([&] { return edge.log == "completed "; }));
  EXPECT_EQ(edge.status, 200);
  EXPECT_GE(edge.host->view().connections.at(0).messages_out, 2u);
}

}  // namespace
}  // namespace ringwall::runtime::test
