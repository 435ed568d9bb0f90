#include "cli/pki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/json.hpp>
#include <sstream>

#include "base/text.h"
#include "cli/certificate_text.h"
#include "cli/table.h"
#include "pki/identity.h"
#include "pki/test_folder.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;
using pki::test::slurp;
using pki::test::spill;
using testing::HasSubstr;
using testing::Not;

class PkiCommand : public testing::Test {
 protected:
  /// Runs `ringwall pki <words> --site <folder>`; gives the exit code.
  int run(std::vector<std::string> words) {
    out_.str("");
    err_.str("");
    CommandContext context(out_, err_);
    CLI::App app;
    add_pki(app, context);
    words.insert(words.begin(), "pki");
    words.insert(words.end(), {"--site", folder_.path().string()});
    std::ranges::reverse(words);
    try {
      app.parse(words);
    } catch (const CLI::ParseError& refused) {
      return app.exit(refused, out_, err_);
    }
    return context.exit_code;
  }
  int issue(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"issue", "--name", name, "--out", out().string()};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  std::filesystem::path out() const { return folder_ / "out"; }
  void expect_narrow() {
    const std::string text = out_.str();
    for (const auto line : split(text, '\n'))
      EXPECT_LE(line.size(), 100u) << line;
  }

  pki::test::TestFolder folder_;
  std::ostringstream out_, err_;
};

TEST_F(PkiCommand, InitMakesTheAuthorityOnce) {
  EXPECT_EQ(run({"init"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Ringwall issuing CA"));
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(run({"init"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("already"));
  EXPECT_THAT(err_.str(), HasSubstr("mend: "));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(PkiCommand, IssueHandsOutServerAndClient) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("edge.ringwall.test"), 0) << err_.str();
  expect_narrow();
  EXPECT_TRUE(pki::load_identity(out(), crypto::Purpose::server, wall_now()));
  EXPECT_TRUE(pki::load_identity(out(), crypto::Purpose::client, wall_now()));
  const auto bundle = slurp(out() / "client.pem");
  EXPECT_LT(bundle.find("PRIVATE KEY"), bundle.find("CERTIFICATE"));
  EXPECT_EQ(crypto::read_certificates(bundle)->size(), 2u);
  EXPECT_EQ(slurp(out() / "chain.pem"), slurp(folder_ / "pki/issuing/issuing.crt"));
  EXPECT_EQ(slurp(out() / "anchors.pem"), slurp(folder_ / "pki/anchors.pem"));
}

TEST_F(PkiCommand, IssueTakesUseDaysAndKey) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("sipp.ringwall.test", {"--use", "both", "--days", "7", "--key", "rsa2048", "--json"}), 0)
      << err_.str();
  const auto answer = json::parse(out_.str());
  const auto& one = answer.at("issued").at(0);
  EXPECT_EQ(one.at("key"), "RSA 2048");
  EXPECT_EQ(one.at("use"), "both");
  EXPECT_EQ(crypto::Certificate::from_pem(slurp(out() / "both.crt"))->facts().key_type, "RSA 2048");
  EXPECT_TRUE(std::filesystem::exists(out() / "both.pem"));
  EXPECT_FALSE(std::filesystem::exists(out() / "server.key"));
}

TEST_F(PkiCommand, IssueRefusesToReplaceKeysUnlessForced) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("edge.ringwall.test"), 0);
  const auto key = slurp(out() / "server.key");
  EXPECT_EQ(issue("edge.ringwall.test"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("--force"));
  EXPECT_EQ(slurp(out() / "server.key"), key);
  EXPECT_EQ(issue("edge.ringwall.test", {"--force"}), 0);
  EXPECT_NE(slurp(out() / "server.key"), key);
}

TEST_F(PkiCommand, MistakesAreExplained) {
  EXPECT_EQ(issue("edge.ringwall.test"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("ringwall pki init"));
  ASSERT_EQ(run({"init"}), 0);
  EXPECT_EQ(issue("*.ringwall.test"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("wildcard"));
  EXPECT_EQ(issue("edge.ringwall.test", {"--use", "servant"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("server, client, both or phone"));
  EXPECT_EQ(issue("edge.ringwall.test", {"--key", "rsa1024"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("p256"));
  EXPECT_EQ(issue("edge.ringwall.test", {"--days", "4000000000"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("1 to 825"));
  EXPECT_NE(issue("edge.ringwall.test", {"--days", "-1"}), 0);
  EXPECT_NE(run({"issue", "--name", "edge.ringwall.test"}), 0);
  EXPECT_NE(run({}), 0);
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(PkiCommand, MistakesAreJsonWhenAsked) {
  EXPECT_EQ(run({"list", "--json"}), 1);
  EXPECT_THAT(json::value_to<std::string>(json::parse(err_.str()).at("error").at("mend")), HasSubstr("pki init"));
}

TEST_F(PkiCommand, ListShowsWhatWasIssued) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("edge.ringwall.test"), 0);
  ASSERT_EQ(issue(std::string(60, 'a') + "." + std::string(60, 'b') + ".test", {"--force"}), 0);
  EXPECT_EQ(run({"list"}), 0) << err_.str();
  expect_narrow();
  EXPECT_THAT(out_.str(), HasSubstr("edge.ringwall.test"));
  EXPECT_EQ(run({"list", "--json"}), 0);
  const auto answer = json::parse(out_.str());
  EXPECT_EQ(answer.at("certificates").as_array().size(), 4u);
  EXPECT_EQ(answer.at("certificates").at(0).at("name"), "edge.ringwall.test");
  EXPECT_EQ(answer.at("log_is_whole"), true);
}

TEST_F(PkiCommand, ListFailsWhenTheLogWasChanged) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("edge.ringwall.test"), 0);
  const auto log = folder_ / "pki/issued/log.jsonl";
  auto text = slurp(log);
  text[text.find("edge")] = 'f';
  spill(log, text);
  EXPECT_EQ(run({"list"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("log.jsonl:1: the issue log was changed"));
  EXPECT_EQ(run({"list", "--json"}), 1);
  EXPECT_EQ(json::parse(out_.str()).at("log_is_whole"), false);
}

TEST_F(PkiCommand, ListExplainsATornLine) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("edge.ringwall.test"), 0);
  const auto log = folder_ / "pki/issued/log.jsonl";
  spill(log, slurp(log) + "{\"number\":3,");
  EXPECT_EQ(run({"list"}), 0);
  EXPECT_THAT(err_.str(), HasSubstr("never handed out"));
  EXPECT_EQ(issue("edge.ringwall.test", {"--force"}), 0);
  EXPECT_EQ(run({"list"}), 0);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(PkiCommand, ShowExplainsByFileSerialAndName) {
  ASSERT_EQ(run({"init"}), 0);
  ASSERT_EQ(issue("edge.ringwall.test"), 0);
  const auto leaf = *crypto::Certificate::from_pem(slurp(out() / "server.crt"));
  for (const auto& which : {(out() / "server.crt").string(), (out() / "server.pem").string(), leaf.serial(),
                            leaf.serial().substr(0, 16), std::string("edge.ringwall.test")}) {
    EXPECT_EQ(run({"show", which}), 0) << which << err_.str();
    expect_narrow();
    EXPECT_THAT(out_.str(), HasSubstr(leaf.serial()));
    EXPECT_THAT(out_.str(), HasSubstr("TLS server"));
    EXPECT_THAT(out_.str(), Not(HasSubstr("PRIVATE")));
  }
  EXPECT_EQ(run({"show", (out() / "server.crt").string(), "--json"}), 0);
  const auto answer = json::parse(out_.str());
  ASSERT_EQ(answer.at("certificates").as_array().size(), 2u);
  EXPECT_EQ(answer.at("certificates").at(0).at("sip_identities").at(0), "edge.ringwall.test");
  EXPECT_EQ(answer.at("certificates").at(1).at("is_ca"), true);
  const auto der = leaf.der();
  spill(folder_ / "leaf.der", std::string(as_text(der)));
  EXPECT_EQ(run({"show", (folder_ / "leaf.der").string()}), 0) << err_.str();
}

TEST_F(PkiCommand, ShowRefusesWhatIsNoCertificate) {
  ASSERT_EQ(run({"init"}), 0);
  spill(folder_ / "hello.txt", "hello");
  EXPECT_EQ(run({"show", (folder_ / "hello.txt").string()}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("hello.txt"));
  EXPECT_EQ(run({"show", "nobody.test"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("pki list"));
}

TEST(ValidityText, CountsDaysAndHours) {
  const WallTime start{std::chrono::seconds(1'800'000'000)}, end = start + std::chrono::days(90);
  EXPECT_EQ(validity_text(start, end, start), "valid");
  EXPECT_EQ(validity_text(start, end, end - std::chrono::days(12)), "ends in 12 days");
  EXPECT_EQ(validity_text(start, end, end - std::chrono::hours(1)), "ends in 1 hour");
  EXPECT_EQ(validity_text(start, end, end), "ended 0 hours ago");
  EXPECT_EQ(validity_text(start, end, end + std::chrono::days(1)), "ended 1 day ago");
  EXPECT_EQ(validity_text(start, end, start - std::chrono::days(2)), "begins in 2 days");
}

TEST(Table, CutsTheWidestColumn) {
  Table table({"A", "B"});
  EXPECT_TRUE(table.empty());
  table.row({std::string(30, 'a'), std::string(200, 'b')});
  EXPECT_FALSE(table.empty());
  const auto text = table.text();
  for (const auto line : split(text, '\n'))
    EXPECT_LE(line.size(), 100u);
  EXPECT_THAT(text, HasSubstr(std::string(30, 'a') + "  bbb"));
  EXPECT_THAT(text, HasSubstr("..."));
}

TEST(CommandContext, JsonReadsBack) {
  std::ostringstream out, err;
  const CommandContext context(out, err);
  const json::value value = {{"a", {1, "two\n", nullptr, json::array{}}}, {"b", json::object{}}, {"c", {{"d", true}}}};
  context.print_json(value);
  EXPECT_EQ(json::parse(out.str()), value);
}

}  // namespace
}  // namespace ringwall::cli
