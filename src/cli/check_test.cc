#include "cli/check.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "cli/context.h"

namespace ringwall::cli {
namespace {

using ::testing::HasSubstr;

class CheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/ringwall-check-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    std::filesystem::copy(std::filesystem::path(RINGWALL_SOURCE_DIR) / "site" / "ringwall.toml", folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string run(bool as_json) {
    std::ostringstream out, err;
    CommandContext context(out, err);
    context.site = folder;
    context.json = as_json;
    CLI::App app;
    add_check(app, context);
    app.parse("check");
    exit_code = context.exit_code;
    EXPECT_EQ(err.str(), "");
    return out.str();
  }
  void append(const std::string& text) { std::ofstream(folder / "ringwall.toml", std::ios::app) << text; }

  std::filesystem::path folder;
  int exit_code = -1;
};

TEST_F(CheckTest, PrintsEachFindingWithItsPlaceAndFails) {
  append("\n[[trunk]]\nname = \"x\"\nelement = \"nowhere\"\nnames = [\"x.example\"]\n");
  const std::string out = run(false);
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(out,
              ::testing::ContainsRegex("ringwall.toml:[0-9]+:11: there is no element 'nowhere' \\(there are: edge"));
  EXPECT_THAT(out, HasSubstr("warning: pki/elements/edge/server.crt: element 'edge' has no certificate"));
}

TEST_F(CheckTest, ListsEveryWaiver) {
  append(
      "\n[[waiver]]\nname = \"w\"\nreason = \"an old gateway\"\nuntil = 2000-01-01\n"
      "[[profile]]\nname = \"plain\"\nmode = \"clear\"\nwaiver = \"w\"\n"
      "[[trunk]]\nname = \"pstn\"\nelement = \"edge\"\naddresses = [\"192.0.2.1\"]\nprofile = \"plain\"\n");
  EXPECT_THAT(run(false), HasSubstr("waiver w: ended at 2000-01-01T00:00:00Z, used by trunk pstn (an old gateway)"));
  const auto value = boost::json::parse(run(true)).as_object();
  EXPECT_EQ(exit_code, 1);
  EXPECT_FALSE(value.at("good").as_bool());
  const auto& waiver = value.at("waivers").as_array().at(0).as_object();
  EXPECT_EQ(waiver.at("name").as_string(), "w");
  EXPECT_FALSE(waiver.at("active").as_bool());
  EXPECT_EQ(waiver.at("used_by").as_array().at(0).as_string(), "trunk pstn");
  for (const auto& finding : value.at("findings").as_array())
    EXPECT_NE(finding.at("mend").as_string(), "");
}

}  // namespace
}  // namespace ringwall::cli
