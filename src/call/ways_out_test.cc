#include "call/ways_out.h"

#include <gmock/gmock.h>

#include "runtime/element_for_test.h"
#include "runtime/name_server_for_test.h"

namespace ringwall::call {
namespace {

using namespace std::chrono_literals;
using runtime::test::element_options;
using runtime::test::NameServer;
using runtime::test::TestAuthority;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// An edge whose ways out are looked at; nothing is sent.
class WaysOutTest : public testing::Test {
 protected:
  WaysOutTest() {
    auto options = element_options("edge", "127.36.3.1", root.identity("edge.ringwall.test"));
    agent = UserAgent::create(loop, std::move(options), {}).value();
    ways = std::make_unique<WaysOut>(*agent, "edge.ringwall.test");
    site.elements = {{.name = "edge", .address = "127.36.3.1", .host = "edge.ringwall.test"},
                     {.name = "call-server",
                      .kind = policy::ElementKind::call_server,
                      .address = "127.36.3.2",
                      .host = "call-server.ringwall.test"}};
    site.profiles = {{.name = "site"}, {.name = "plain", .mode = policy::Mode::clear}};
  }
  void trunk(const std::string& name, std::vector<policy::TrunkTarget> targets, const std::string& profile = "site") {
    policy::Trunk out{.name = name, .element = "edge", .targets = std::move(targets), .profile = profile};
    if (profile == "site") out.names = {name + ".example"};
    site.trunks.push_back(std::move(out));
  }
  policy::ServerGroup& group(const std::string& name, std::vector<policy::ServerGroupMember> members) {
    site.server_groups.push_back({.name = name, .element = "edge", .members = std::move(members)});
    site.server_groups.back().heartbeat.enabled = false;
    return site.server_groups.back();
  }
  void configure() { ways->configure(site, site.elements.front()); }
  /// "target host TRANSPORT address" of each try.
  std::vector<std::string> tries(std::string_view name) {
    std::vector<std::string> out;
    Tries call = ways->tries(name);
    while (const Path* path = call.next())
      out.push_back(fmt::format("{} {} {} {}", path->target, path->host, sip::print(path->spot.transport),
                                path->spot.address.text()));
    return out;
  }

  runtime::SignallingLoop loop;
  TestAuthority root{"Root"};
  policy::Site site;
  std::unique_ptr<UserAgent> agent;
  std::unique_ptr<WaysOut> ways;
};

TEST_F(WaysOutTest, ATrunkIsAGroupOfItsTargetsInTheirOrder) {
  trunk("far", {{"192.0.2.2", 5071}, {"192.0.2.1", 5061}});
  configure();
  EXPECT_THAT(tries("far"), ElementsAre("far far.example TLS 192.0.2.2:5071", "far far.example TLS 192.0.2.1:5061"));
  EXPECT_THAT(tries("nobody"), IsEmpty());
  EXPECT_THAT(ways->trouble("nobody"), HasSubstr("there is no 'nobody'"));
}

TEST_F(WaysOutTest, AnElementIsReachedAtItsAddressUnderItsName) {
  configure();
  EXPECT_THAT(tries("call-server"), ElementsAre("call-server call-server.ringwall.test TLS 127.36.3.2:5061"));
  EXPECT_EQ(ways->trouble("call-server"), "");
  EXPECT_THAT(ways->view(), IsEmpty()) << "the site's own elements are no trunks";
}

TEST_F(WaysOutTest, AClearTrunkIsReachedByUdp) {
  trunk("pstn", {{"192.0.2.9", 5060}}, "plain");
  configure();
  EXPECT_THAT(tries("pstn"), ElementsAre("pstn 192.0.2.9 UDP 192.0.2.9:5060"));
}

TEST_F(WaysOutTest, AGroupMayHoldTrunksAndPlacesOfItsOwn) {
  trunk("far", {{"192.0.2.1", 5061}, {"192.0.2.2", 5061}});
  group("mixed", {{.target = "far", .host = "192.0.2.9", .priority = 1},
                  {.target = "far", .priority = 2},
                  {.target = "call-server", .priority = 3}});
  configure();
  EXPECT_THAT(tries("mixed"), ElementsAre("far far.example TLS 192.0.2.9:5061", "far far.example TLS 192.0.2.1:5061",
                                          "far far.example TLS 192.0.2.2:5061",
                                          "call-server call-server.ringwall.test TLS 127.36.3.2:5061"));
}

TEST_F(WaysOutTest, AGroupOfOneElementIsTheWayToIt) {
  group("servers", {{.target = "call-server", .host = "192.0.2.5", .port = 5061, .priority = 1},
                    {.target = "call-server", .priority = 2}});
  configure();
  EXPECT_THAT(tries("call-server"), ElementsAre("call-server call-server.ringwall.test TLS 192.0.2.5:5061",
                                                "call-server call-server.ringwall.test TLS 127.36.3.2:5061"));
}

TEST_F(WaysOutTest, WhatIsOfAnotherElementIsNotOurs) {
  trunk("far", {{"192.0.2.1", 5061}});
  site.trunks.front().element = "call-server";
  group("g", {{.target = "call-server"}}).element = "call-server";
  configure();
  EXPECT_THAT(tries("far"), IsEmpty());
  EXPECT_THAT(tries("g"), IsEmpty());
}

TEST_F(WaysOutTest, AnAddressOfTheOtherIpVersionCannotBeReached) {
  trunk("far", {{"2001:db8::1", 5061}});
  configure();
  EXPECT_THAT(tries("far"), IsEmpty());
}

TEST_F(WaysOutTest, ARecordOfFailuresOutlivesAReload) {
  trunk("far", {{"192.0.2.1", 5061}, {"192.0.2.2", 5061}});
  configure();
  Tries call = ways->tries("far");
  ASSERT_NE(call.next(), nullptr);
  EXPECT_TRUE(
      call.failed({.leg = {}, .status = 503, .reason = "refused", .message = nullptr, .reinvite = false}, loop.now()));
  EXPECT_EQ(tries("far").front(), "far far.example TLS 192.0.2.2:5061");
  trunk("other", {{"192.0.2.3", 5061}});
  configure();
  EXPECT_EQ(tries("far").front(), "far far.example TLS 192.0.2.2:5061");
  EXPECT_EQ(ways->view().size(), 2u);
}

TEST_F(WaysOutTest, ANameIsTriedOnceItIsFoundAndShownUntilThen) {
  NameServer server("127.36.3.53");
  server.add_srv("_sips._tcp.far.test", 2, 0, 5072, "b.far.test");
  server.add_srv("_sips._tcp.far.test", 1, 0, 5071, "a.far.test");
  server.add_a("a.far.test", "192.0.2.1");
  server.add_a("b.far.test", "192.0.2.2");
  site.sip.name_servers = {server.address};
  trunk("far", {{"far.test", 0}, {"192.0.2.8", 5061}});
  configure();
  EXPECT_THAT(tries("far"), ElementsAre("far far.example TLS 192.0.2.8:5061")) << "nobody waits for DNS";
  ASSERT_EQ(ways->view().size(), 1u);
  ASSERT_EQ(ways->view()[0].missing.size(), 1u);
  EXPECT_EQ(ways->view()[0].missing[0].host, "far.test");
  ASSERT_TRUE(loop.run_until([&] { return tries("far").size() == 3; }, 20s));
  EXPECT_THAT(tries("far"), ElementsAre("far far.example TLS 192.0.2.1:5071", "far far.example TLS 192.0.2.2:5072",
                                        "far far.example TLS 192.0.2.8:5061"));
  EXPECT_TRUE(ways->view()[0].missing.empty());
}

}  // namespace
}  // namespace ringwall::call
