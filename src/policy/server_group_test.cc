#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "policy/read_server_group.h"
#include "policy/site.h"
#include "policy/toml_file.h"

namespace ringwall::policy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// The sample's configuration with something added. Its certificates are missing, so there are findings about files
/// too: each test looks for its own.
class ServerGroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/ringwall-group-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    sample = read_text_file(std::filesystem::path(RINGWALL_SOURCE_DIR) / "site" / "ringwall.toml", 1'000'000).value();
    std::ofstream(folder / "ringwall.toml") << sample;
    std::filesystem::create_directory(folder / "include.d");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Site load_with(const std::string& text) {
    std::ofstream(folder / "include.d" / "groups.toml") << text;
    Loaded loaded = load(folder, WallTime{1'800'000'000s});
    findings.clear();
    for (const Finding& finding : loaded.findings)
      if (finding.file == "include.d/groups.toml") findings += finding.text() + "\n";
    return std::move(loaded.site);
  }
  void expect(const std::string& text, const std::string& at, const std::string& what, const std::string& mend) {
    (void)load_with(text);
    EXPECT_THAT(findings, HasSubstr("include.d/groups.toml:" + at + ":"));
    EXPECT_THAT(findings, HasSubstr(what));
    EXPECT_THAT(findings, HasSubstr(mend));
    EXPECT_EQ(std::ranges::count(findings, '\n'), 1) << findings;
  }

  std::filesystem::path folder;
  std::string sample, findings;
};

const std::string head = "[[server_group]]\nname = \"carriers\"\nelement = \"edge\"\n";
const std::string one_member = head + "members = [{ target = \"carrier\" }]\n";

TEST_F(ServerGroupTest, EverySettingIsRead) {
  const Site site = load_with(head +
                              "members = [\n"
                              "  { target = \"carrier\", priority = 1, weight = 60, site = \"Main\" },\n"
                              "  { target = \"carrier\", host = \"SIP2.carrier.test\", port = 5071 },\n"
                              "  { target = \"call-server\", host = \"2001:db8::1\", port = 5061 },\n"
                              "]\n"
                              "overload_codes = [503, 486]\n"
                              "[server_group.heartbeat]\n"
                              "enabled = true\nfailures = 3\ntimeout = 3000\nup_interval = 0\n"
                              "down_interval = 3600000\nmethod = \"PING\"\nhost = \"probe.test\"\n");
  EXPECT_EQ(findings, "");
  const ServerGroup* group = site.server_group("carriers");
  ASSERT_NE(group, nullptr);
  ASSERT_EQ(group->members.size(), 3u);
  EXPECT_EQ(group->members[0].priority, 1u);
  EXPECT_EQ(group->members[0].weight, 60u);
  EXPECT_EQ(group->members[0].site, "Main");
  EXPECT_EQ(group->members[1].host, "sip2.carrier.test");
  EXPECT_EQ(group->members[1].port, 5071);
  EXPECT_EQ(group->members[1].priority, 10u);
  EXPECT_EQ(group->members[1].weight, 10u);
  EXPECT_THAT(group->overload_codes, ElementsAre(503, 486));
  EXPECT_EQ(group->heartbeat.failures, 3u);
  EXPECT_EQ(group->heartbeat.timeout, 3s);
  EXPECT_EQ(group->heartbeat.up_interval, 0s);
  EXPECT_EQ(group->heartbeat.down_interval, 1h);
  EXPECT_EQ(group->heartbeat.method, "PING");
  EXPECT_EQ(group->heartbeat.host, "probe.test");
}

TEST_F(ServerGroupTest, DefaultsAreThoseOfTheReplacedProductButTheHeartbeatIsOn) {
  const Site site = load_with(one_member);
  EXPECT_EQ(findings, "");
  const ServerGroup& group = *site.server_group("carriers");
  EXPECT_TRUE(group.heartbeat.enabled);
  EXPECT_EQ(group.heartbeat.failures, 1u);
  EXPECT_EQ(group.heartbeat.timeout, 500ms);
  EXPECT_EQ(group.heartbeat.up_interval, 5s);
  EXPECT_EQ(group.heartbeat.down_interval, 5s);
  EXPECT_EQ(group.heartbeat.method, "OPTIONS");
  EXPECT_THAT(group.overload_codes, ElementsAre(503, 480, 600));
}

TEST_F(ServerGroupTest, RangesAreHeld) {
  const auto beat = [&](const std::string& line) { return one_member + "[server_group.heartbeat]\n" + line + "\n"; };
  expect(beat("failures = 0"), "6", "'failures' is 0", "from 1 to 5");
  expect(beat("failures = 6"), "6", "'failures' is 6", "from 1 to 5");
  expect(beat("timeout = 99"), "6", "'timeout' is 99", "100 to 3000");
  expect(beat("timeout = 3001"), "6", "'timeout' is 3001", "100 to 3000");
  expect(beat("timeout = 0"), "6", "'timeout' is 0", "100 to 3000");
  expect(beat("up_interval = 4999"), "6", "'up_interval' is 4999", "5000 to 3600000, or 0");
  expect(beat("down_interval = 3600001"), "6", "'down_interval' is 3600001", "to 3600000");
  expect(beat("method = \"INVITE\""), "6", "no heartbeat by 'INVITE'", "\"OPTIONS\" or \"PING\"");
  expect(beat("host = \"a b\""), "6", "'a b' is no host name", "host");
  expect(beat("failure = 2"), "6", "the heartbeat knows no 'failure'", "did you mean 'failures'?");
  expect(one_member + "overload_codes = [399]\n", "5", "holds 399", "400 to 699");
  expect(one_member + "overload_codes = [503, \"x\"]\n", "5", "'overload_codes' is a text", "whole numbers");
  expect(head + "members = [{ target = \"carrier\", priority = 65536 }]\n", "4", "'priority' is 65536", "0 to 65535");
}

TEST_F(ServerGroupTest, MembersAreChecked) {
  const auto member = [](const std::string& text) { return head + "members = [\n{ " + text + " }]\n"; };
  expect(head, "1", "the server group has no 'members'", "members");
  expect(head + "members = []\n", "4", "'members' is empty", "members = [{");
  expect(head + "members = \"carrier\"\n", "4", "'members' is a text", "list of tables");
  expect(member("host = \"192.0.2.1\""), "5", "the member has no 'target'", "target");
  expect(member("target = \"nobody\""), "5", "no element or trunk 'nobody'", "[[trunk]]");
  expect(member("target = \"edge\""), "5", "the group's own element", "another element");
  expect(member("target = \"carrier\", host = \"a:b\""), "5", "'a:b' is no address", "192.0.2.1");
  expect(member("target = \"carrier\", port = 5061"), "5", "a port and no host", "host");
  expect(member("target = \"carrier\" }, { target = \"carrier\""), "5", "stands twice", "member 1");
  expect(member("target = \"carrier\", wieght = 1"), "5", "the member knows no 'wieght'", "'weight'");
}

TEST_F(ServerGroupTest, NamesAndReferences) {
  expect("[[server_group]]\nname = \"carrier\"\nelement = \"edge\"\nmembers = [{ target = \"carrier\" }]\n", "2",
         "'carrier' is the name of an element or a trunk", "another name");
  expect("[[server_group]]\nname = \"g\"\nelement = \"egde\"\nmembers = [{ target = \"call-server\" }]\n", "3",
         "no element 'egde'", "element");
  const std::string peer = "[[dial_peer]]\nname = \"out\"\nelement = \"edge\"\npattern = \"9T\"\n";
  (void)load_with(one_member + peer + "target = \"carriers\"\n");
  EXPECT_EQ(findings, "");
  expect(one_member + peer + "target = \"cariers\"\n", "9", "no element, trunk or server group 'cariers'",
         "'carriers'");
  expect("[[server_group]]\nname = \"inside\"\nelement = \"call-manager\"\nmembers = [{ target = \"edge\" }]\n" + peer +
             "target = \"inside\"\n",
         "9", "server group 'inside' belongs to element 'call-manager'", "move the group");
}

TEST_F(ServerGroupTest, OnlyTheEdgeCallsTrunks) {
  const std::string trunk =
      "[[trunk]]\nname = \"inner\"\nelement = \"call-manager\"\nnames = [\"x.example\"]\ntargets = [\"192.0.2.1\"]\n";
  expect(trunk + "[[server_group]]\nname = \"g\"\nelement = \"call-manager\"\nmembers = [{ target = \"inner\" }]\n",
         "9", "only an edge may call trunks", "stay inside");
  expect(trunk + "[[dial_peer]]\nname = \"out\"\nelement = \"call-manager\"\npattern = \"9T\"\ntarget = \"inner\"\n",
         "10", "only an edge may call trunks", "dial peer");
}

TEST(TrunkTargetTest, AddressesNamesAndPorts) {
  const auto text = [](std::string_view written) {
    const auto target = read_target(written);
    return target ? target->text() : "bad";
  };
  EXPECT_EQ(text("192.0.2.1"), "192.0.2.1:5061");
  EXPECT_EQ(text("192.0.2.1:5071"), "192.0.2.1:5071");
  EXPECT_EQ(text("[2001:db8::1]"), "[2001:db8::1]:5061");
  EXPECT_EQ(text("Carrier.Example"), "carrier.example");
  EXPECT_EQ(text("sip.example.com:5071"), "sip.example.com:5071");
  for (const std::string_view bad : {"", "192.0.2.300", "192.0.2.1:0", "a b", "sip.example.com:0", "sip.example.com:",
                                     "sip.example.com:65536", "[2001:db8::1", "-x.example", "sip:carrier.example"})
    EXPECT_EQ(text(bad), "bad") << bad;
}

TEST_F(ServerGroupTest, ATrunkReachedByNameMustShowThatName) {
  const Site site = load_with(
      "[[trunk]]\nname = \"far\"\nelement = \"edge\"\ntargets = [\"far.example\", \"192.0.2.1:5061\"]\n"
      "[[trunk]]\nname = \"other\"\nelement = \"edge\"\nnames = [\"x.example\"]\ntargets = [\"y.example\"]\n");
  EXPECT_EQ(findings, "");
  EXPECT_THAT(site.trunk("far")->names, ElementsAre("far.example"));
  EXPECT_THAT(site.trunk("other")->names, ElementsAre("x.example"));
}

}  // namespace
}  // namespace ringwall::policy
