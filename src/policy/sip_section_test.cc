#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "policy/site.h"
#include "policy/toml_file.h"

namespace ringwall::policy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The sample's configuration with a [sip] table or a profile added. Only findings about what was added count.
class SipSectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/ringwall-sip-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    std::ofstream(folder / "ringwall.toml")
        << read_text_file(std::filesystem::path(RINGWALL_SOURCE_DIR) / "site" / "ringwall.toml", 1'000'000).value();
    std::filesystem::create_directory(folder / "include.d");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Site load_with(const std::string& text) {
    std::ofstream(folder / "include.d" / "sip.toml") << text;
    Loaded loaded = load(folder, WallTime{1'800'000'000s});
    findings.clear();
    for (const Finding& finding : loaded.findings)
      if (finding.file == "include.d/sip.toml") findings += finding.text() + "\n";
    return std::move(loaded.site);
  }
  void expect(const std::string& text, const std::string& what, const std::string& mend) {
    (void)load_with(text);
    EXPECT_THAT(findings, HasSubstr("include.d/sip.toml:2:")) << text;
    EXPECT_THAT(findings, HasSubstr(what));
    EXPECT_THAT(findings, HasSubstr(mend));
    EXPECT_EQ(std::ranges::count(findings, '\n'), 1) << findings;
  }
  void expect_profile(const std::string& line, const std::string& what, const std::string& mend) {
    expect("[[profile]]\n" + line + "\nname = \"p\"\n", what, mend);
  }

  std::filesystem::path folder;
  std::string findings;
};

TEST_F(SipSectionTest, EverySettingIsRead) {
  const Sip sip =
      load_with(
          "[sip]\nsession_interval = 600\nsession_minimum = 120\nwss_port = 7443\nwss_path = \"/sip\"\n"
          "wss_origins = [\"https://agents.example.com\"]\nname_servers = [\"192.0.2.53\", \"[::1]:5353\"]\n"
          "requests_per_second = 50\nblock_time = 60\nnever_blocked = [\"192.0.2.1\", \"2001:DB8::0:1\"]\n")
          .sip;
  EXPECT_EQ(findings, "");
  EXPECT_EQ(sip.session_interval, 600s);
  EXPECT_EQ(sip.session_minimum, 120s);
  EXPECT_EQ(sip.wss_port, 7443);
  EXPECT_EQ(sip.wss_path, "/sip");
  EXPECT_THAT(sip.wss_origins, ElementsAre("https://agents.example.com"));
  EXPECT_THAT(sip.name_servers, ElementsAre(NetAddress{"192.0.2.53", 53}, NetAddress{"::1", 5353}));
  EXPECT_EQ(sip.requests_per_second, 50u);
  EXPECT_EQ(sip.block_time, 60s);
  EXPECT_THAT(sip.never_blocked, ElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST_F(SipSectionTest, WithoutTheTableTheDefaultsHold) {
  const Sip sip = load_with("").sip;
  EXPECT_EQ(sip.session_interval, 1800s);
  EXPECT_EQ(sip.session_minimum, 90s);
  EXPECT_EQ(sip.wss_port, 0);
  EXPECT_EQ(sip.block_time, 300s);
}

TEST_F(SipSectionTest, MistakesAreFound) {
  expect("[sip]\nsession_minimum = 89\n", "'session_minimum' is 89", "RFC 4028");
  expect("[sip]\nsession_interval = 60\n", "below 'session_minimum'", "or 0");
  expect("[sip]\nwss_port = 5061\n", "one of the call manager's ports", "7443");
  expect("[sip]\nwss_path = \"sip\"\n", "is no path", "\"/sip\"");
  expect("[sip]\nwss_origins = [\"http://a.example\"]\n", "is no origin", "https://");
  expect("[sip]\nwss_origins = [\"https://a.example/\"]\n", "is no origin", "without a slash");
  expect("[sip]\nname_servers = [\"dns.example\"]\n", "dns.example", "");
  expect("[sip]\nnever_blocked = [\"192.0.2.1:5060\"]\n", "is not an IP address", "without a port");
  expect("[sip]\nblock_time = 0\n", "'block_time' is 0", "never_blocked");
  expect("[sip]\nrequests_per_second = 0\n", "requests_per_second", "1");
  expect("[sip]\nwss = 1\n", "'wss'", "");
}

TEST_F(SipSectionTest, AProfilesTlsIsReadAndChecked) {
  const Site site = load_with(
      "[[profile]]\nname = \"p\"\ntls_maximum = \"1.2\"\nciphers = [\"ECDHE-RSA-AES256-GCM-SHA384\"]\n"
      "groups = [\"P-384\", \"x25519\"]\n");
  EXPECT_EQ(findings, "");
  EXPECT_EQ(site.profile("p")->tls_maximum, "1.2");
  EXPECT_THAT(site.profile("p")->ciphers, ElementsAre("ECDHE-RSA-AES256-GCM-SHA384"));
  EXPECT_THAT(site.profile("p")->groups, ElementsAre("P-384", "x25519"));
  expect_profile("tls_maximum = \"1.4\"", "no TLS version '1.4'", "1.3");
  expect_profile("tls_maximum = \"1.2\"\ntls_minimum = \"1.3\"", "below the minimum", "raise");
  expect_profile("ciphers = [\"AES128-SHA\", \"TLS_AES_128_GCM_SHA256\", \"ECDHE-RSA-AES128-GCM-SHA256\"]",
                 "no cipher suite 'AES128-SHA'", "known are");
  expect_profile("ciphers = [\"TLS_AES_128_GCM_SHA265\", \"TLS_AES_128_GCM_SHA256\", \"ECDHE-RSA-AES128-GCM-SHA256\"]",
                 "SHA265", "did you mean 'TLS_AES_128_GCM_SHA256'?");
  expect_profile("ciphers = [\"TLS_AES_128_GCM_SHA256\"]", "none of the ciphers is of TLS 1.2", "tls_minimum");
  expect_profile("ciphers = [\"ECDHE-RSA-AES128-GCM-SHA256\"]", "none of the ciphers is of TLS 1.3", "tls_maximum");
  expect_profile("groups = [\"P-256\", \"p-256\"]", "stands twice", "remove");
  expect_profile("groups = [\"secp112r1\"]", "no group 'secp112r1'", "X25519");
}

}  // namespace
}  // namespace ringwall::policy
