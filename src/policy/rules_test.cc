#include <gmock/gmock.h>

#include "policy/admission.h"
#include "policy/dial_plan.h"
#include "policy/waivers.h"

namespace ringwall::policy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr WallTime now{1'800'000'000s};

TEST(DialPattern, SaysWhatIsGood) {
  for (const char* good : {"6016", "6...", "9T", "T", "+49T", "*98", "#1", "."})
    EXPECT_TRUE(check_pattern(good)) << good;
  for (const char* bad : {"", "6x", "T6", "6T.", "+", "6+", "[1-3]", "60 16"})
    EXPECT_FALSE(check_pattern(bad)) << bad;
  EXPECT_FALSE(check_pattern(std::string(1000, '1')));
}

TEST(DialPattern, MatchesWholeNumbers) {
  EXPECT_TRUE(matches("6016", "6016"));
  EXPECT_FALSE(matches("6016", "60161"));
  EXPECT_FALSE(matches("6016", "601"));
  EXPECT_TRUE(matches("6...", "6999"));
  EXPECT_FALSE(matches("6...", "699"));
  EXPECT_FALSE(matches("6...", "69a9"));
  EXPECT_TRUE(matches("9T", "9"));
  EXPECT_TRUE(matches("9T", "90123456789"));
  EXPECT_FALSE(matches("9T", "9012x"));
  EXPECT_TRUE(matches("+49T", "+4930"));
  EXPECT_FALSE(matches("49T", "+4930"));
  EXPECT_TRUE(matches("T", "+4930"));
  EXPECT_FALSE(matches("T", ""));
  EXPECT_FALSE(matches("T", "4+9"));
}

TEST(DialPlan, TheMostSpecificWins) {
  Site site;
  site.dial_peers = {{"any", "edge", "T", "a"},
                     {"six", "edge", "6T", "b"},
                     {"four", "edge", "6...", "c"},
                     {"exact", "edge", "6016", "d"},
                     {"z", "edge", "70..", "e"},
                     {"y", "edge", "7..0", "f"},
                     {"other", "call-manager", "6016", "g"}};
  const auto target = [&](std::string_view number) {
    const DialPeer* peer = find_dial_peer(site, "edge", number);
    return peer == nullptr ? std::string() : peer->name;
  };
  EXPECT_EQ(target("6016"), "exact");
  EXPECT_EQ(target("6017"), "four");
  EXPECT_EQ(target("60170"), "six");
  EXPECT_EQ(target("5"), "any");
  EXPECT_EQ(target("7000"), "y") << "equally specific: the smaller name, whatever the order in the file";
  EXPECT_EQ(target("bob"), "");
  EXPECT_EQ(find_dial_peer(site, "edges", "6016"), nullptr);
}

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() {
    site.domain = "ringwall.test";
    site.elements = {{"edge", ElementKind::edge, "127.18.133.226", 5061, "edge.ringwall.test"},
                     {"call-manager", ElementKind::call_manager, "127.18.133.3", 5061, "call-manager.ringwall.test"}};
    site.profiles = {{.name = std::string(site_profile), .suites = {"AEAD_AES_256_GCM"}},
                     {.name = "plain", .mode = Mode::clear, .waiver = "old"}};
    site.waivers = {{"old", "an old gateway", now + 10s}};
    site.trunks = {trunk("carrier", {"carrier.ringwall.test"}, ""),
                   trunk("partner", {"partner.example", "sip.partner.example"}, "partner.pem")};
    Trunk pstn;
    pstn.name = "pstn";
    pstn.element = "edge";
    pstn.addresses = {"127.18.133.76"};
    pstn.profile = "plain";
    site.trunks.push_back(pstn);
    site.trunks[1].addresses = {"192.0.2.7"};
    site.phones = {{"phone1001.ringwall.test", "1001", std::string(site_profile)}};
  }
  static Trunk trunk(const std::string& name, std::vector<std::string> names, const std::string& anchors) {
    Trunk out;
    out.name = name;
    out.element = "edge";
    out.names = std::move(names);
    out.anchors = anchors;
    out.profile = site_profile;
    return out;
  }
  std::expected<Admitted, Refusal> ask(const Presented& presented, std::string_view element = "edge",
                                       WallTime at = now) {
    return admit(site, anchors, *site.element(element), presented, at);
  }
  void refused(const Presented& presented, const std::string& warning, const std::string& reason,
               std::string_view element = "edge", WallTime at = now) {
    const auto answer = ask(presented, element, at);
    ASSERT_FALSE(answer) << "admitted as " << answer->name;
    EXPECT_EQ(answer.error().status, 403);
    EXPECT_THAT(answer.error().warning, HasSubstr(warning));
    EXPECT_THAT(answer.error().reason, HasSubstr(reason));
    EXPECT_NE(answer.error().mend, "");
  }

  Site site;
  Anchors anchors{{"aa"}, {{"partner", {"bb"}}}};
};

TEST_F(AdmissionTest, KnowsTrunksByNameAndAnchor) {
  const auto carrier = ask({true, {"Carrier.Ringwall.Test"}, "aa", "198.51.100.1"});
  ASSERT_TRUE(carrier);
  EXPECT_EQ(carrier->kind, PeerKind::trunk);
  EXPECT_EQ(carrier->name, "carrier");
  EXPECT_EQ(carrier->profile.mode, Mode::encrypted);
  EXPECT_EQ(carrier->waiver, "");
  const auto partner = ask({true, {"x.example", "sip.partner.example"}, "bb", "192.0.2.7"});
  ASSERT_TRUE(partner);
  EXPECT_EQ(partner->name, "partner");
}

TEST_F(AdmissionTest, KnowsElementsEverywhereAndPhonesAtTheCallManager) {
  EXPECT_EQ(ask({true, {"call-manager.ringwall.test"}, "aa", "127.18.133.3"})->kind, PeerKind::element);
  EXPECT_EQ(ask({true, {"edge.ringwall.test"}, "aa", "127.18.133.226"}, "call-manager")->name, "edge");
  EXPECT_EQ(ask({true, {"phone1001.ringwall.test"}, "aa", "127.18.133.75"}, "call-manager")->kind, PeerKind::phone);
  refused({true, {"phone1001.ringwall.test"}, "aa", "127.18.133.75"}, "no trunk's", "phone1001", "edge");
}

TEST_F(AdmissionTest, WithoutCertificateOnlyWhereAPhonesProfileTakesDigest) {
  const Presented nothing{true, {}, "", "192.0.2.1"};
  refused(nothing, "client certificate is required", "no certificate", "call-manager");
  site.profiles.push_back({.name = "soft", .tls_minimum = "1.3", .digest = true});
  site.phones.push_back({"soft1002.ringwall.test", "1002", "soft", "secrets/1002.digest"});
  const auto peer = ask(nothing, "call-manager");
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->kind, PeerKind::unproven);
  EXPECT_EQ(peer->name, "");
  refused(nothing, "client certificate is required", "no certificate", "edge");
  refused({true, {}, "aa", "192.0.2.1"}, "client certificate is required", "no certificate", "call-manager");
  EXPECT_EQ(ask({true, {"phone1001.ringwall.test"}, "aa", "127.18.133.75"}, "call-manager")->kind, PeerKind::phone);

  ASSERT_NE(digest_phone(site, "1002"), nullptr);
  EXPECT_EQ(digest_phone(site, "1001"), nullptr) << "its profile takes none";
  EXPECT_EQ(digest_phone(site, "1003"), nullptr);
  const auto proven = admit_proven(site, site.phones.back(), {.names = {}, .tls_version = "TLSv1.3"});
  ASSERT_TRUE(proven);
  EXPECT_EQ(proven->kind, PeerKind::phone);
  EXPECT_EQ(proven->name, "soft1002.ringwall.test");
  EXPECT_FALSE(admit_proven(site, site.phones.back(), {.names = {}, .tls_version = "TLSv1.2"}));
}

TEST_F(AdmissionTest, AnElementsNameFromAForeignAuthorityIsNobody) {
  refused({true, {"call-manager.ringwall.test"}, "bb", "192.0.2.7"}, "name is no trunk's",
          "call-manager.ringwall.test");
  refused({true, {"phone1001.ringwall.test"}, "bb", "192.0.2.7"}, "name is no trunk's", "phone1001", "call-manager");
}

TEST_F(AdmissionTest, RefusesEachWithItsReason) {
  refused({true, {}, "aa", "192.0.2.1"}, "client certificate is required", "no certificate");
  refused({true, {"stranger.ringwall.test"}, "aa", "192.0.2.1"}, "name is no trunk's", "stranger.ringwall.test");
  refused({true, {"stranger.example"}, "cc", "192.0.2.1"}, "unknown authority", "no anchor of this site");
  refused({true, {"partner.example"}, "aa", "192.0.2.7"}, "not from an authority of this trunk", "trunk 'partner'");
  refused({true, {"carrier.ringwall.test"}, "bb", "192.0.2.7"}, "not from an authority of this trunk",
          "trunk 'carrier'");
  refused({true, {"partner.example"}, "bb", "192.0.2.8"}, "not come from this address", "192.0.2.8");
  refused({false, {}, "", "203.0.113.1"}, "No trunk for this address", "203.0.113.1");
  refused({false, {}, "", "192.0.2.7"}, "takes TLS only", "trunk 'partner'");
  refused({false, {}, "", "127.18.133.76"}, "No trunk for this address", "call-manager", "call-manager");
  refused({true, {"carrier.ringwall.test"}, "aa", "192.0.2.1"}, "no trunk's", "call-manager", "call-manager");
}

TEST_F(AdmissionTest, AProfilesOwnTlsMinimumHoldsForIncomingCalls) {
  SecurityProfile strict{.name = "strict", .tls_minimum = "1.3", .suites = {"AEAD_AES_256_GCM"}};
  site.profiles.push_back(strict);
  site.trunks[0].profile = "strict";
  site.phones[0].profile = "strict";
  Presented carrier{true, {"carrier.ringwall.test"}, "aa", "198.51.100.1", "TLSv1.3"};
  EXPECT_TRUE(ask(carrier));
  for (const char* old : {"TLSv1.2", ""}) {
    carrier.tls_version = old;
    refused(carrier, "TLS 1.3 or newer is required", "'carrier' came with TLS 1.2");
    refused({true, {"phone1001.ringwall.test"}, "aa", "127.18.133.75", old}, "TLS 1.3", "phone1001", "call-manager");
  }
  site.trunks[0].profile = site_profile;
  EXPECT_TRUE(ask(carrier)) << "others keep the site's minimum";
}

TEST_F(AdmissionTest, AProfilesMaximumCiphersAndGroupsHoldForIncomingCalls) {
  site.profiles.push_back({.name = "narrow",
                           .tls_maximum = "1.2",
                           .ciphers = {"ECDHE-RSA-AES256-GCM-SHA384"},
                           .groups = {"P-384"},
                           .suites = {"AEAD_AES_256_GCM"}});
  site.trunks[0].profile = "narrow";
  const Presented good{
      true,   {"carrier.ringwall.test"}, "aa", "198.51.100.1", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      "P-384"};
  EXPECT_TRUE(ask(good));
  Presented other = good;
  other.tls_version = "TLSv1.3";
  refused(other, "TLS 1.2 at most is required", "'carrier' came with TLS 1.3");
  other = good;
  other.tls_cipher = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
  refused(other, "one of the ciphers ECDHE-RSA-AES256-GCM-SHA384 is required", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  other = good;
  other.tls_group = "x25519";
  refused(other, "one of the groups P-384 is required", "x25519");
}

TEST_F(AdmissionTest, AClearTrunkIsAdmittedUntilItsWaiverEnds) {
  const Presented plain{false, {}, "", "127.18.133.76"};
  const auto admitted = ask(plain, "edge", now + 9s);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->name, "pstn");
  EXPECT_EQ(admitted->waiver, "old");
  EXPECT_EQ(admitted->profile.mode, Mode::clear);
  refused(plain, "waiver for clear signalling has ended", "waiver 'old' ended", "edge", now + 10s);
  site.profiles[1].waiver = "";
  refused(plain, "needs a waiver", "has no waiver");
}

TEST_F(AdmissionTest, NamesInAClearPeersFavourCountForNothing) {
  refused({false, {"carrier.ringwall.test"}, "aa", "203.0.113.1"}, "No trunk", "203.0.113.1");
}

TEST_F(AdmissionTest, OutgoingCallsNeedTheWaiverToo) {
  EXPECT_TRUE(admit_outgoing(site, *site.trunk("carrier"), now));
  EXPECT_EQ(admit_outgoing(site, *site.trunk("pstn"), now)->waiver, "old");
  EXPECT_FALSE(admit_outgoing(site, *site.trunk("pstn"), now + 10s));
}

TEST_F(AdmissionTest, TheWarningIsOneQuotedText) {
  const Refusal refusal{403, "a \"b\"\r\n \\c", "", ""};
  EXPECT_EQ(refusal.warning_header("edge.ringwall.test"), R"(399 edge.ringwall.test "a \"b\" \\c")");
}

TEST_F(AdmissionTest, ListsWaivers) {
  site.waivers.push_back({"unused", "nothing", now});
  const auto views = list_waivers(site, now);
  ASSERT_EQ(views.size(), 2u);
  EXPECT_TRUE(views[0].active);
  EXPECT_THAT(views[0].profiles, ElementsAre("plain"));
  EXPECT_THAT(views[0].used_by, ElementsAre("trunk pstn"));
  EXPECT_FALSE(views[1].active);
  EXPECT_TRUE(views[1].used_by.empty());
}

}  // namespace
}  // namespace ringwall::policy
