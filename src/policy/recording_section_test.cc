#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "policy/recording.h"
#include "policy/toml_file.h"

namespace ringwall::policy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The sample's configuration with a [recording] table added. Only findings about what was added count.
class RecordingSectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/ringwall-recording-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    std::ofstream(folder / "ringwall.toml")
        << read_text_file(std::filesystem::path(RINGWALL_SOURCE_DIR) / "site" / "ringwall.toml", 1'000'000).value();
    for (const char* const part : {"include.d", "prompts", "pki/recording"})
      std::filesystem::create_directories(folder / part);
    std::ofstream(folder / "pki" / "recording" / "current") << "0123456789abcdef\n";
    std::ofstream(folder / "prompts" / "recorded.wav") << "RIFF";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Site load_with(const std::string& text) {
    std::ofstream(folder / "include.d" / "recording.toml") << text;
    Loaded loaded = load(folder, WallTime{1'800'000'000s});
    findings.clear();
    for (const Finding& finding : loaded.findings)
      if (finding.file == "include.d/recording.toml") findings += finding.text() + "\n";
    return std::move(loaded.site);
  }
  void expect(const std::string& lines, const std::string& what) {
    (void)load_with("[recording]\n" + lines);
    EXPECT_THAT(findings, HasSubstr("include.d/recording.toml:2:")) << lines;
    EXPECT_THAT(findings, HasSubstr(what));
    EXPECT_EQ(std::ranges::count(findings, '\n'), 1) << findings;
  }

  std::filesystem::path folder;
  std::string findings;
};

TEST_F(RecordingSectionTest, EverySettingIsRead) {
  const Recording recording =
      load_with(
          "[recording]\nenabled = true\nretention_days = 90\nannounce = \"recorded.wav\"\nservices = [\"6016\"]\n"
          "trunks = [\"carrier\"]\nlines = [\"1001\"]\n")
          .recording;
  EXPECT_EQ(findings, "");
  EXPECT_TRUE(recording.enabled);
  EXPECT_EQ(recording.retention, std::chrono::days(90));
  EXPECT_EQ(recording.announce, "recorded.wav");
  EXPECT_THAT(recording.services, ElementsAre("6016"));
  EXPECT_THAT(recording.trunks, ElementsAre("carrier"));
  EXPECT_THAT(recording.lines, ElementsAre("1001"));
}

TEST_F(RecordingSectionTest, NothingIsRecordedUnlessItIsWritten) {
  const Site site = load_with("");
  EXPECT_FALSE(site.recording.enabled);
  EXPECT_FALSE(is_recorded(site, {"carrier", "call-server", "6016", "1001"}));
}

TEST_F(RecordingSectionTest, MistakesAreFound) {
  expect("services = [\"6017\"]\n", "there is no service '6017'");
  expect("trunks = [\"carier\"]\n", "there is no trunk 'carier'");
  expect("lines = [\"1009\"]\n", "there is no line '1009'");
  expect("announce = \"nothing.wav\"\n", "there is no prompt prompts/nothing.wav");
  expect("announce = \"../a.wav\"\n", "is not the name of a file");
  expect("retention_days = -1\n", "retention_days");
  expect("retain = 3\n", "retain");
  std::filesystem::remove(folder / "pki" / "recording" / "current");
  expect("enabled = true\n", "has no key for recordings");
}

TEST_F(RecordingSectionTest, WhatIsNamedIsRecorded) {
  Site site = load_with("[recording]\nenabled = true\n");
  const RecordedCall in{"carrier", "call-server", "6016", "5551000"}, out{"call-manager", "carrier", "5551000", "1001"};
  EXPECT_TRUE(is_recorded(site, in));
  EXPECT_TRUE(is_recorded(site, out));
  site.recording.services = {"6016"};
  EXPECT_TRUE(is_recorded(site, in));
  EXPECT_FALSE(is_recorded(site, out));
  site.recording.services = {"6099"};
  site.recording.trunks = {"carrier"};
  EXPECT_TRUE(is_recorded(site, in));
  EXPECT_TRUE(is_recorded(site, out));
  site.recording.trunks.clear();
  site.recording.lines = {"1001"};
  EXPECT_FALSE(is_recorded(site, in));
  EXPECT_TRUE(is_recorded(site, out));
  EXPECT_FALSE(is_recorded(site, {"carrier", "call-server", "6016", "1001"}));  // a caller outside who says so
  site.recording.enabled = false;
  EXPECT_FALSE(is_recorded(site, out));
}

}  // namespace
}  // namespace ringwall::policy
