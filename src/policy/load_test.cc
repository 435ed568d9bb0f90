#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/limits.h"
#include "crypto/certificate_builder.h"
#include "policy/site.h"
#include "policy/toml_file.h"

namespace ringwall::policy {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr WallTime now{1'800'000'000s};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the sample does not hold: " << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// A site folder with the sample configuration and everything that it names.
class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/ringwall-site-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    sample = read_text_file(std::filesystem::path(RINGWALL_SOURCE_DIR) / "site" / "ringwall.toml", 1'000'000).value();
    write("ringwall.toml", sample);
    write("vxml/welcome.vxml", "<vxml>\n<audio src=\"welcome.wav\"/>\n<audio src='http://elsewhere/x.wav'/></vxml>");
    write("vxml/queue.vxml", "<vxml/>");
    write("prompts/welcome.wav", "RIFF");
    write("pki/anchors.pem", certificate("Test Root", true, now + 24h));
    for (const std::string element : {"edge", "call-server", "voice-browser", "call-manager"})
      issue(element, element);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  void issue(const std::string& element, const std::string& name, WallTime until = now + 24h) {
    for (const std::string side : {"server", "client"})
      write("pki/elements/" + element + "/" + side + ".crt",
            certificate(name + ".ringwall.test", false, until, side == "client"));
  }
  static std::string certificate(const std::string& name, bool is_ca, WallTime until, bool client = false) {
    crypto::CertificateTemplate wanted;
    wanted.common_name = name;
    wanted.is_ca = is_ca;
    if (!is_ca) wanted.dns_names = {name};
    wanted.server_auth = !is_ca && !client;
    wanted.client_auth = client;
    wanted.not_before = now - 48h;
    wanted.not_after = until;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    const auto made = crypto::self_sign_certificate(wanted, key);
    EXPECT_TRUE(made) << made.error().text();
    return made ? made->pem() : "";
  }

  /// The sample with one change has this one finding, at the line of `at` (0: no line).
  void expect(const std::string& from, const std::string& to, const std::string& at, const std::string& what,
              const std::string& mend, Severity severity = Severity::error) {
    const std::string text = replaced(sample, from, to);
    write("ringwall.toml", text);
    const std::string before = at.empty() ? std::string() : text.substr(0, text.find(at));
    expect_only("ringwall.toml", at.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(before, '\n')), what,
                mend, severity);
  }
  void expect_only(const std::string& file, std::size_t line, const std::string& what, const std::string& mend,
                   Severity severity = Severity::error) {
    const Loaded loaded = load(folder, now);
    ASSERT_EQ(loaded.findings.size(), 1u) << all(loaded);
    const Finding& finding = loaded.findings[0];
    EXPECT_EQ(finding.file, file);
    EXPECT_EQ(finding.line, line) << finding.text();
    EXPECT_THAT(finding.what, HasSubstr(what));
    EXPECT_THAT(finding.mend, HasSubstr(mend));
    EXPECT_EQ(finding.severity, severity) << finding.text();
    EXPECT_EQ(loaded.usable(), severity == Severity::warning);
  }
  static std::string all(const Loaded& loaded) {
    std::string out;
    for (const Finding& finding : loaded.findings)
      out += finding.text() + "\n";
    return out;
  }
  /// Takes the comment signs off the waiver block of the sample.
  std::string with_waiver() const { return switched_on("# [[waiver]]"); }
  /// The sample with the block of comments that begins so read as what it says.
  std::string switched_on(std::string_view first_line) const {
    const auto begin = sample.find(first_line), end = sample.find("\n\n", begin);
    std::string block = sample.substr(begin, end - begin), out;
    for (std::size_t at = 0; at < block.size();) {
      const auto stop = std::min(block.find('\n', at), block.size());
      std::string line = block.substr(at, stop - at);
      out += (line == "#" ? "" : line.substr(2)) + "\n";
      at = stop + 1;
    }
    return sample.substr(0, begin) + out + sample.substr(end);
  }

  std::filesystem::path folder;
  std::string sample;
};

TEST_F(LoadTest, TheSampleIsGood) {
  const Loaded loaded = load(folder, now);
  EXPECT_EQ(all(loaded), "");
  const Site& site = loaded.site;
  EXPECT_EQ(site.domain, "ringwall.test");
  EXPECT_EQ(site.elements.size(), 4u);
  EXPECT_EQ(site.element("edge")->host, "edge.ringwall.test");
  EXPECT_EQ(site.element("edge")->address, "127.18.133.226");
  EXPECT_EQ(site.element_of_kind(ElementKind::call_manager)->address, "127.18.133.3");
  EXPECT_EQ(site.trunk("carrier")->targets[0].text(), "127.18.133.76:5061");
  EXPECT_EQ(site.profile("carrier")->suites.size(), 4u);
  EXPECT_EQ(site.profile(site_profile)->suites.size(), 6u);
  EXPECT_EQ(site.phone_of_line("1001")->profile, site_profile);
  EXPECT_EQ(site.service("6016")->skill_group, "support");
  EXPECT_EQ(site.skill_group("support")->ring_time, 20s);
  EXPECT_GE(site.agents.size(), 3u);
}

TEST_F(LoadTest, IceIsOffUnlessAProfileSaysOtherwise) {
  write("include.d/ice.toml",
        "[[profile]]\nname = \"page\"\nice = \"lite\"\n[[profile]]\nname = \"far\"\nice = \"full\"\n");
  const Loaded loaded = load(folder, now);
  EXPECT_EQ(all(loaded), "");
  EXPECT_EQ(loaded.site.profile("carrier")->ice, Ice::off);
  EXPECT_EQ(loaded.site.profile("page")->ice, Ice::lite);
  EXPECT_EQ(loaded.site.profile("far")->ice, Ice::full);
  write("include.d/ice.toml", "[[profile]]\nname = \"page\"\nice = \"some\"\n");
  EXPECT_THAT(all(load(folder, now)), HasSubstr("there is no ICE 'some'"));
}

TEST_F(LoadTest, TheSamplesWaiverBlockIsGoodWhenItIsSwitchedOn) {
  write("ringwall.toml", with_waiver());
  const Loaded loaded = load(folder, now);
  EXPECT_EQ(all(loaded), "");
  EXPECT_EQ(loaded.site.waiver("old-gateway")->until, parse_wall_time("2027-03-31").value());
  EXPECT_EQ(loaded.site.profile("plain")->mode, Mode::clear);
}

TEST_F(LoadTest, TheSamplesSipBlockIsGoodWhenItIsSwitchedOn) {
  write("ringwall.toml", switched_on("# [sip]"));
  const Loaded loaded = load(folder, now);
  EXPECT_EQ(all(loaded), "");
  const Sip& sip = loaded.site.sip;
  EXPECT_EQ(sip.wss_port, 7443);
  EXPECT_EQ(sip.wss_path, "/sip");
  EXPECT_EQ(sip.wss_origins.size(), 1u);
  EXPECT_EQ(sip.name_servers.at(0).text(), "192.0.2.53:53");
  EXPECT_EQ(sip.never_blocked.size(), 1u);
  // The others say what holds without them.
  const Sip silent;
  EXPECT_EQ(sip.session_interval, silent.session_interval);
  EXPECT_EQ(sip.session_minimum, silent.session_minimum);
  EXPECT_EQ(sip.block_time, silent.block_time);
  EXPECT_EQ(sip.requests_per_second, limits::requests_per_source_per_second);
}

TEST_F(LoadTest, PhonesAreToldWhoCallsUnlessTheirProfileSaysNo) {
  write("ringwall.toml", sample + "\n[[profile]]\nname = \"outside\"\nasserted_identity = false\n");
  const Loaded loaded = load(folder, now);
  EXPECT_EQ(all(loaded), "");
  EXPECT_FALSE(loaded.site.profile("outside")->asserted_identity);
  EXPECT_TRUE(loaded.site.profile(site_profile)->asserted_identity);
}

TEST(Phones, AreFoundByNameAndByLine) {
  Phones phones;
  for (int i = 0; i < 1000; ++i)
    phones.push_back({fmt::format("phone{}.ringwall.test", i), std::to_string(i)});
  EXPECT_EQ(phones.find("phone999.ringwall.test"), &phones[999]);
  EXPECT_EQ(phones.find_line("0"), &phones[0]);
  EXPECT_EQ(phones.find_line("phone1.ringwall.test"), nullptr);
  EXPECT_EQ(phones.find("1000"), nullptr);
  phones.push_back({"another.ringwall.test", "7"});
  EXPECT_EQ(phones.find_line("7"), &phones[7]) << "the first of two";
  const Phones copy = phones;
  EXPECT_EQ(copy.find_line("999"), &copy[999]) << "a copy finds its own";
  phones.clear();
  EXPECT_TRUE(phones.empty());
  EXPECT_EQ(phones.find_line("7"), nullptr);
}

TEST_F(LoadTest, SuitesKeepTheirOrder) {
  write("ringwall.toml", sample +
                             "\n[[profile]]\nname = \"old\"\n"
                             "suites = [\"AES_CM_128_HMAC_SHA1_80\", \"AES_256_CM_HMAC_SHA1_80\"]\n");
  const Loaded loaded = load(folder, now);
  EXPECT_EQ(all(loaded), "");
  EXPECT_THAT(loaded.site.profile("old")->suites,
              testing::ElementsAre("AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"));
}

TEST_F(LoadTest, Syntax) {
  expect("name = \"demo\"", "name = \"demo", "name = \"demo\n", "not TOML", "toml.io");
}
TEST_F(LoadTest, UnknownTable) {
  expect("[[skill_group]]", "[[skillgroup]]\nname = \"x\"\n[[skill_group]]", "[[skillgroup]]", "knows no 'skillgroup'",
         "did you mean 'skill_group'?");
}
TEST_F(LoadTest, UnknownKey) {
  expect("ring_time = 20", "rign_time = 20", "rign_time", "knows no 'rign_time'", "did you mean 'ring_time'?");
}
TEST_F(LoadTest, MissingKey) {
  expect("script = \"welcome.vxml\"", "", "[[service]]", "no 'script'", "write script");
}
TEST_F(LoadTest, WrongType) {
  expect("wrap_up = 0", "wrap_up = \"none\"", "wrap_up = ", "'wrap_up' is a text", "whole number");
}
TEST_F(LoadTest, NumberOutOfRange) {
  expect("threads = 1", "threads = 1000", "threads = ", "1000", "from 1 to 64");
}
TEST_F(LoadTest, BadAddress) {
  expect("127.18.133.143", "127.18.133.1433", "127.18.133.1433", "not an IP address", "192.0.2.1");
}
TEST_F(LoadTest, BadPort) {
  expect("127.18.133.76:5061", "127.18.133.76:506100", "targets", "port", "192.0.2.1:5061");
}
TEST_F(LoadTest, DuplicateName) {
  expect("line = \"1002\"\n\n[[phone]]", "line = \"1001\"\n\n[[phone]]\nname = \"x.y\"\nline = \"1002\"\n\n[[phone]]",
         "line = \"1001\"\n\n[[phone]]\nname = \"x.y\"", "line '1001' stands twice", "already");
}
TEST_F(LoadTest, AddressUsedTwice) {
  expect("127.18.133.13\"", "127.18.133.226\"",
         "address = \"127.18.133.226\"\nsip_port = 5061\n\n[[element]]\nname = \"voice", "used twice",
         "element 'edge'");
}
TEST_F(LoadTest, ElementThatDoesNotExist) {
  expect("element = \"edge\"\nnames", "element = \"egde\"\nnames", "element = \"egde\"", "no element 'egde'",
         "did you mean 'edge'?");
}
TEST_F(LoadTest, TargetThatDoesNotExist) {
  expect("target = \"call-server\"", "target = \"call-sever\"", "target = \"call-sever\"",
         "no element, trunk or server group", "call-server");
}
TEST_F(LoadTest, TargetOfAnotherElement) {
  expect("element = \"call-manager\"\npattern = \"6...\"\ntarget = \"call-server\"",
         "element = \"call-manager\"\npattern = \"6...\"\ntarget = \"carrier\"", "target = \"carrier\"\n",
         "belongs to element 'edge'", "edge");
}
TEST_F(LoadTest, SkillGroupThatDoesNotExist) {
  expect("skill_group = \"support\"", "skill_group = \"suport\"", "skill_group = \"suport\"", "no skill group",
         "support");
}
TEST_F(LoadTest, ProfileThatDoesNotExist) {
  expect("profile = \"carrier\"", "profile = \"nothing\"", "profile = \"nothing\"", "no security profile", "carrier");
}
TEST_F(LoadTest, ClearWithoutWaiver) {
  write("ringwall.toml", replaced(with_waiver(), "waiver = \"old-gateway\"", ""));
  const Loaded loaded = load(folder, now);
  ASSERT_EQ(loaded.findings.size(), 1u) << all(loaded);
  EXPECT_THAT(loaded.findings[0].what, HasSubstr("names no waiver"));
  EXPECT_GT(loaded.findings[0].line, 0u);
}
TEST_F(LoadTest, WaiverWithoutReason) {
  sample = with_waiver();
  expect("reason = ", "# reason = ", "[[waiver]]\nname", "no 'reason'", "write reason");
}
TEST_F(LoadTest, WaiverWithoutEnd) {
  sample = with_waiver();
  expect("until = ", "# until = ", "[[waiver]]\nname", "no 'until'", "write until");
}
TEST_F(LoadTest, WaiverThatEnded) {
  sample = with_waiver();
  expect("until = 2027-03-31", "until = 2027-01-15", "until = 2027-01-15", "ended at 2027-01-15T00:00:00Z",
         "new end date", Severity::warning);
}
TEST_F(LoadTest, AWaiverHoldsUntilItsLastSecond) {
  // `now` is 2027-01-15T08:00:00Z.
  write("ringwall.toml", replaced(with_waiver(), "until = 2027-03-31", "until = 2027-01-15T09:00:01+01:00"));
  EXPECT_EQ(all(load(folder, now)), "");
  EXPECT_EQ(load(folder, now + 1s).findings.size(), 1u);
}
TEST_F(LoadTest, BadPattern) {
  expect("pattern = \"6...\"", "pattern = \"6[0-9]\"", "pattern = \"6[0-9]\"", "no dial pattern", "'.' for any digit");
}
TEST_F(LoadTest, UnknownSuite) {
  expect("\"AEAD_AES_128_GCM\"", "\"AEAD_AES_129_GCM\"", "AEAD_AES_129_GCM", "no SRTP suite", "AEAD_AES_128_GCM");
}
TEST_F(LoadTest, UnknownCodec) {
  expect("mode = \"encrypted\"", "mode = \"encrypted\"\ncodecs = [\"PCMU\", \"G729\"]", "G729", "no codec 'G729'",
         "opus");
}
TEST_F(LoadTest, ACodecTwice) {
  expect("mode = \"encrypted\"", "mode = \"encrypted\"\ncodecs = [\"PCMU\", \"PCMU\"]", "codecs", "'PCMU' stands twice",
         "remove");
}
TEST_F(LoadTest, ComfortNoiseAloneIsNoCodec) {
  expect("mode = \"encrypted\"", "mode = \"encrypted\"\ncodecs = [\"CN\"]", "codecs", "no voice", "PCMU");
}
TEST_F(LoadTest, CodecsInTheirOrder) {
  write("ringwall.toml",
        replaced(sample, "mode = \"encrypted\"", "mode = \"encrypted\"\ncodecs = [\"opus\", \"G722\"]"));
  const auto loaded = load(folder, now);
  EXPECT_EQ(loaded.site.profile("carrier")->codecs, (std::vector<std::string>{"opus", "G722"}));
  EXPECT_EQ(loaded.site.profile(site_profile)->codecs, (std::vector<std::string>{"PCMU", "PCMA"}));
}
TEST_F(LoadTest, UnknownKeyExchange) {
  expect("mode = \"encrypted\"", "mode = \"encrypted\"\nkey_exchange = [\"sdes\", \"zrtp\"]", "zrtp",
         "no key exchange 'zrtp'", "dtls");
}
TEST_F(LoadTest, AKeyExchangeTwice) {
  expect("mode = \"encrypted\"", "mode = \"encrypted\"\nkey_exchange = [\"dtls\", \"sdes\", \"dtls\"]", "key_exchange",
         "'dtls' stands twice", "remove");
}
TEST_F(LoadTest, KeyExchangesInTheirOrder) {
  write("ringwall.toml", replaced(sample, "mode = \"encrypted\"", "mode = \"encrypted\"\nkey_exchange = [\"dtls\"]"));
  const auto loaded = load(folder, now);
  EXPECT_EQ(loaded.site.profile("carrier")->key_exchange, std::vector<std::string>{"dtls"});
  EXPECT_EQ(loaded.site.profile(site_profile)->key_exchange, (std::vector<std::string>{"sdes", "dtls"}));
}
TEST_F(LoadTest, UnknownTls) {
  expect("tls_minimum = \"1.2\"", "tls_minimum = \"1.4\"", "tls_minimum = \"1.4\"", "no TLS version", "1.3");
}
TEST_F(LoadTest, OldTls) {
  expect("tls_minimum = \"1.2\"", "tls_minimum = \"1.1\"", "tls_minimum = \"1.1\"", "below 1.2", "RFC 8996");
}
TEST_F(LoadTest, AServersCertificateInTheClientsPlace) {
  write("pki/elements/edge/client.crt", certificate("edge.ringwall.test", false, now + 24h));
  expect_only("pki/elements/edge/client.crt", 0, "lacks clientAuth", "ringwall pki issue", Severity::warning);
}
TEST_F(LoadTest, ScriptThatIsMissing) {
  expect("welcome.vxml", "hello.vxml", "script = \"hello", "no such file", "make it");
}
TEST_F(LoadTest, ScriptThatLeavesItsFolder) {
  expect("welcome.vxml", "../../etc/passwd", "script = \"..", "not the name of a file", "name alone");
}
TEST_F(LoadTest, AgentWithoutPhone) {
  expect("line = \"1003\"\nskill_groups", "line = \"1009\"\nskill_groups", "line = \"1009\"",
         "no phone has the agent's line", "[[phone]]");
}
TEST_F(LoadTest, AnchorsThatAreMissing) {
  expect("# anchors = ", "anchors = ", "anchors = \"pki/trust", "no such file", "mend the path");
}
TEST_F(LoadTest, MediaPortsInverted) {
  expect("port_low = 16384", "port_low = 40000", "port_low = 40000", "from 40000 to 32767", "port_low");
}
TEST_F(LoadTest, MediaPortsOdd) {
  expect("port_low = 16384", "port_low = 16385", "port_low = 16385", "do not make pairs", "RFC 3550");
}
TEST_F(LoadTest, ElementKindMissingAndTwice) {
  write("ringwall.toml", replaced(sample, "kind = \"voice-browser\"", "kind = \"edge\""));
  const Loaded loaded = load(folder, now);
  ASSERT_EQ(loaded.findings.size(), 2u) << all(loaded);
  EXPECT_THAT(all(loaded), HasSubstr("a second element of kind edge"));
  EXPECT_THAT(all(loaded), HasSubstr("the site has no voice-browser element"));
}
TEST_F(LoadTest, WildcardName) {
  expect("carrier.ringwall.test\"]", "*.ringwall.test\"]", "*.ringwall.test\"]", "no host name", "RFC 5922");
}
TEST_F(LoadTest, StoreWithoutConnection) {
  expect("kind = \"sqlite\"", "kind = \"postgresql\"", "kind = \"postgresql\"", "no 'connection_file'", "secrets/");
}

TEST_F(LoadTest, PromptThatIsMissing) {
  std::filesystem::remove(folder / "prompts/welcome.wav");
  expect_only("vxml/welcome.vxml", 2, "no prompt prompts/welcome.wav", "record it");
}

TEST_F(LoadTest, AnchorsWithoutACertificate) {
  write("pki/anchors.pem", "nothing here");
  expect_only("pki/anchors.pem", 0, "trust anchors of the site", "");
}

TEST_F(LoadTest, CertificatesAreWarnedOf) {
  issue("edge", "edge", now - 1s);
  issue("call-server", "elsewhere");
  std::filesystem::remove(folder / "pki/elements/call-manager/client.crt");
  const Loaded loaded = load(folder, now);
  EXPECT_TRUE(loaded.usable());
  ASSERT_EQ(loaded.findings.size(), 5u) << all(loaded);
  EXPECT_THAT(all(loaded), HasSubstr("expired at"));
  EXPECT_THAT(all(loaded), HasSubstr("is for elsewhere.ringwall.test, not for 'call-server.ringwall.test'"));
  EXPECT_THAT(all(loaded),
              HasSubstr("pki/elements/call-manager/client.crt: element 'call-manager' has no certificate"));
}

TEST_F(LoadTest, IncludesAreMergedInTheOrderOfTheirNames) {
  write("include.d/20-b.toml", "[[phone]]\nname = \"b.example\"\nline = \"21\"\n");
  write("include.d/10-a.toml",
        "[[phone]]\nname = \"a.example\"\nline = \"20\"\n[site]\nname = \"again\"\ndomain = \"x\"\n");
  write("include.d/ignored.txt", "not TOML");
  const Loaded loaded = load(folder, now);
  ASSERT_EQ(loaded.findings.size(), 1u) << all(loaded);
  EXPECT_THAT(loaded.findings[0].text(), HasSubstr("include.d/10-a.toml:4:1: [site] stands in another file already"));
  ASSERT_GE(loaded.site.phones.size(), 2u);
  EXPECT_EQ(loaded.site.phones[loaded.site.phones.size() - 2].name, "a.example");
  EXPECT_EQ(loaded.site.phones.back().name, "b.example");
}

TEST_F(LoadTest, AFindingInAnIncludedFileNamesIt) {
  write("include.d/x.toml", "\n\n[[phone]]\nname = \"a.example\"\nline = \"x\"\n");
  expect_only("include.d/x.toml", 5, "no good line", "digits");
}

TEST_F(LoadTest, AllMistakesAreFoundAtOnce) {
  std::string text = replaced(sample, "127.18.133.143", "nowhere");
  text = replaced(text, "ring_time = 20", "ring_time = true");
  text = replaced(text, "target = \"call-server\"", "target = \"x\"");
  write("ringwall.toml", text);
  EXPECT_EQ(load(folder, now).findings.size(), 3u) << all(load(folder, now));
}

TEST_F(LoadTest, NoConfigurationAtAll) {
  std::filesystem::remove(folder / "ringwall.toml");
  expect_only("ringwall.toml", 0, "no such file", "");
}

TEST_F(LoadTest, TooLarge) {
  write("ringwall.toml", std::string(limits::configuration_bytes + 1, '#'));
  expect_only("ringwall.toml", 0, "larger than", "split");
}

TEST_F(LoadTest, HostileNestingEndsInAFinding) {
  std::string arrays = "a = ", dots = "a", inlines = "a = ";
  for (int i = 0; i < 100'000; ++i) {
    arrays += "[";
    dots += ".a";
    inlines += "{a=";
  }
  for (const std::string& text : {arrays, dots + " = 1", inlines, "[" + dots + "]", std::string("a = \"\0\"", 7)}) {
    write("ringwall.toml", text);
    const Loaded loaded = load(folder, now);
    ASSERT_EQ(loaded.findings.size(), 1u);
    EXPECT_EQ(loaded.findings[0].line, 1u);
  }
}

TEST_F(LoadTest, TheListOfFindingsHasAnEnd) {
  std::string text;
  for (int i = 0; i < 5'000; ++i)
    text += "[[agent]]\n";
  write("ringwall.toml", text);
  EXPECT_EQ(load(folder, now).findings.size(), limits::configuration_findings + 1);
}

TEST(FindExcess, KnowsStringsAndComments) {
  EXPECT_FALSE(
      find_excess("# [[[[[[[[[[[[[[[[[[[[[[\nx = \"[[[[[[[[[[[[[[[[[[[[[[\\\"[\"\ny = '[[[[[[[[[[[[[[[[[[[[[['\n"));
  EXPECT_FALSE(find_excess("x = \"\"\"\n[[[[[[[[[[[[ \"\" [[[[[[[[[[[[\"\"\"\"\"\ny = '''[[[[[[[[[[[[[[[[[['''"));
  EXPECT_TRUE(find_excess("x = \"\" [[[[[[[[[[[[[[[[[[[[[["));
  EXPECT_TRUE(find_excess("x = '\\' [[[[[[[[[[[[[[[[[[[[[["));
}

}  // namespace
}  // namespace ringwall::policy
