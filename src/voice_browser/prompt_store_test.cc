#include "voice_browser/prompt_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/metric.h"
#include "media/record/wav.h"

namespace ringwall::voice_browser {
namespace {

using namespace std::chrono_literals;

class Prompts : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "prompts-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, std::vector<std::int16_t> samples) const {
    const Buffer file = media::print_wav(samples);
    std::ofstream(folder / name, std::ios::binary).write(reinterpret_cast<const char*>(file.data()), std::ssize(file));
  }

  std::filesystem::path folder;
};

TEST_F(Prompts, AreReadOnceAndShared) {
  write("a.wav", {1, 2, 3});
  PromptStore store(folder);
  auto first = store.get("a.wav");
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(*first->samples(), (std::vector<std::int16_t>{1, 2, 3}));
  EXPECT_EQ(store.get("a.wav")->samples(), first->samples());
}

TEST_F(Prompts, AChangedFileIsReadAgain) {
  write("a.wav", {1});
  PromptStore store(folder);
  auto before = store.get("a.wav");
  ASSERT_TRUE(before);
  write("a.wav", {2});
  std::filesystem::last_write_time(folder / "a.wav", std::filesystem::last_write_time(folder / "a.wav") + 1s);
  EXPECT_EQ(store.get("a.wav")->samples()->front(), 2);
  EXPECT_EQ(before->samples()->front(), 1);
}

TEST_F(Prompts, MayNotLeaveTheirFolder) {
  PromptStore store(folder);
  for (const char* name : {"", "/etc/passwd", "../a.wav", "x/../../a.wav"})
    EXPECT_FALSE(store.get(name)) << name;
}

TEST_F(Prompts, WhatCannotBePlayedIsAnError) {
  std::ofstream(folder / "bad.wav") << "no sound";
  std::filesystem::create_directory(folder / "folder.wav");
  PromptStore store(folder);
  EXPECT_FALSE(store.get("bad.wav"));
  EXPECT_FALSE(store.get("folder.wav"));
  EXPECT_FALSE(store.get("none.wav"));
}

TEST_F(Prompts, TheFirstReadableSourceIsPlayed) {
  write("a.wav", {1});
  PromptStore store(folder);
  const std::uint64_t missing = Metrics::instance().counter("ringwall_prompts_missing_total").value();
  const media::Playlist list = store.playlist({{{{"none.wav", "a.wav"}, {}}, {{}, 10ms}, {{"gone.wav"}, {}}}, true});
  ASSERT_EQ(list.clips.size(), 2U);
  EXPECT_EQ(list.clips[0].samples()->front(), 1);
  EXPECT_EQ(list.clips[1].samples()->size(), 80U);
  EXPECT_FALSE(list.loop);
  EXPECT_EQ(Metrics::instance().counter("ringwall_prompts_missing_total").value(), missing + 2);
}

}  // namespace
}  // namespace ringwall::voice_browser
