#include "runtime/recording_file.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "runtime/recording_for_test.h"

namespace ringwall::runtime::recording_test {
namespace {

namespace fs = std::filesystem;
using media::RecordingSummary;
using ::testing::HasSubstr;

/// Another site key in a file that is being written, and one that is killed in the middle of it.
TEST(RecordingFileTest, KeysAreRotatedWhileItIsWritten) {
  const Folder folder;
  Site site(folder.path);
  const auto begun = site.writer().begin("a", {});
  site.speak(*begun->tap, 800ms);
  const auto path = only_file(folder.path);
  EXPECT_TRUE(RecordingFile::open(path)->live());
  EXPECT_THAT(erase_recording(path, wall_now()).error().text(), HasSubstr("is being written"));
  const auto changed = rewrap_recording(path, media::site_key_for_test(2), media::keys_for_test({1}));
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_TRUE(*changed);
  EXPECT_FALSE(*rewrap_recording(path, media::site_key_for_test(2), media::keys_for_test({2})));
  site.speak(*begun->tap, 600ms);
  site.writer().end(begun->id);
  ASSERT_TRUE(site.ended());
  const auto read = scan(path, {2});
  EXPECT_EQ(read.summary.state, RecordingSummary::State::whole);
  EXPECT_GT(read.summary.samples, 9'000u);
  const auto file = RecordingFile::open(path);
  EXPECT_FALSE(media::open_recording_key(file->head(), media::keys_for_test({1})));
  EXPECT_EQ(*site_keys_needed(folder.path), std::vector{media::site_key_for_test(2).id});
}

void spill(const fs::path& path, const Buffer& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

TEST(RecordingFileTest, Kill9WhileKeysAreRotatedLeavesItReadable) {
  const Folder folder;
  const fs::path path = folder.path / "a.rec";
  spill(path, media::recording_for_test(2));
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    if (child == 0)
      for (std::uint8_t to = 2;; to = to == 2 ? 1 : 2)
        if (!rewrap_recording(path, media::site_key_for_test(to), media::keys_for_test({1, 2}))) ::_exit(7);
    std::this_thread::sleep_for(3ms + round * 1'371us);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_EQ(scan(path, {1, 2}).summary.state, RecordingSummary::State::whole) << round;
  }
  // Whatever was left beside it, the next rotation leaves one key.
  ASSERT_TRUE(rewrap_recording(path, media::site_key_for_test(3), media::keys_for_test({1, 2})));
  EXPECT_EQ(*site_keys_needed(folder.path), std::vector{media::site_key_for_test(3).id});
}

TEST(RecordingFileTest, ARotationThatWasStoppedIsCompleted) {
  const Folder folder;
  const fs::path path = folder.path / "a.rec";
  Buffer file = media::recording_for_test(1);
  media::KeySlot fresh{
      .state = media::KeySlot::State::key, .generation = 2, .site_key = media::site_key_for_test(2).id, .wrapped = {}};
  fresh.wrapped = crypto::wrap_key(media::key_for_test(2), media::key_for_test(9));
  std::ranges::copy(media::print_key_slot(fresh), file.begin() + media::recording::slot_at[1]);
  spill(path, file);
  EXPECT_EQ(site_keys_needed(folder.path)->size(), 2u);
  EXPECT_FALSE(*rewrap_recording(path, media::site_key_for_test(2), media::keys_for_test({2})));
  EXPECT_EQ(site_keys_needed(folder.path)->size(), 1u);
  EXPECT_EQ(scan(path, {2}).summary.state, RecordingSummary::State::whole);
}

TEST(RecordingFileTest, ErasedIsGone) {
  const Folder folder;
  const fs::path path = folder.path / "a.rec";
  const Buffer before = media::recording_for_test(2);
  spill(path, before);
  ASSERT_TRUE(erase_recording(path, WallTime(1'790'000'000s)));
  const auto file = RecordingFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), media::recording::chunks_at);
  EXPECT_THAT(media::open_recording_key(file->head(), media::keys_for_test({1})).error().text(),
              HasSubstr("erased at"));
  EXPECT_TRUE(site_keys_needed(folder.path)->empty());
  // Neither wrapped key is anywhere in what is left.
  std::ifstream in(path, std::ios::binary);
  const std::string left{std::istreambuf_iterator<char>(in), {}};
  const auto wrapped = crypto::wrap_key(media::key_for_test(1), media::key_for_test(9));
  EXPECT_EQ(left.find(as_text(wrapped)), std::string::npos);
  EXPECT_NE(as_text(before).find(as_text(wrapped)), std::string_view::npos);
  ASSERT_TRUE(erase_recording(path, WallTime(1'800'000'000s)));  // again: the first time stays
  EXPECT_EQ(RecordingFile::open(path)->head().slot().erased_at, 1'790'000'000u);
  EXPECT_FALSE(*rewrap_recording(path, media::site_key_for_test(2), media::keys_for_test({1})));
}

TEST(RecordingFileTest, WhatIsNoRecordingIsNamed) {
  const Folder folder;
  spill(folder.path / "a.rec", Buffer(20'000));
  EXPECT_THAT(RecordingFile::open(folder.path / "a.rec").error().text(), HasSubstr("a.rec: this is no recording"));
  EXPECT_FALSE(RecordingFile::open(folder.path / "b.rec"));
  fs::create_symlink("/etc/passwd", folder.path / "c.rec");
  EXPECT_FALSE(RecordingFile::open(folder.path / "c.rec"));
}

}  // namespace
}  // namespace ringwall::runtime::recording_test
