#include "cli/recording_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "media/codec/g711.h"
#include "media/record/container_writer.h"
#include "pki/recording_audit.h"
#include "pki/recording_keys.h"
#include "pki/test_folder.h"

namespace ringwall::cli {
namespace {

using namespace std::chrono_literals;
using pki::test::slurp;
using pki::test::spill;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const WallTime today{1'790'000'000s};

class RecordingWork : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(keys.make_first()); }

  /// Two half seconds: 100 to the left, -200 to the right, then the other way about.
  runtime::RecordingPlace record(const std::string& name, WallTime began = today, bool with_end = true) {
    const Secret key(Buffer(32, static_cast<std::uint8_t>(name.size())));
    media::RecordingHeader header{.started_ms = static_cast<std::uint64_t>(began.time_since_epoch().count()) * 1'000,
                                  .interaction = name};
    media::ContainerWriter writer(header, key);
    Buffer file = writer.begin(*keys.current(), key, {{"number", "6016"}});
    const auto append = [&](Bytes bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); };
    const auto left = media::encode_sample(media::Codec::pcmu, 100),
               right = media::encode_sample(media::Codec::pcmu, -200);
    media::AudioChunk chunk;
    chunk.audio[0].fill(left);
    chunk.audio[1].fill(right);
    append(writer.audio(chunk));
    std::swap(chunk.audio[0], chunk.audio[1]);
    append(writer.audio(chunk));
    if (with_end) append(writer.end({.samples = 8'000, .masks = {}}));
    const auto path = folder / "recordings" / "2026-09-21" / (name + ".rec");
    std::filesystem::create_directories(path.parent_path());
    spill(path, std::string(as_text(file)));
    return {name, path};
  }
  std::string state(const runtime::RecordingPlace& place) {
    return verify_recording(place, site_keys(folder.path())).state;
  }
  Result<Exported> export_to(const runtime::RecordingPlace& place, const std::string& name,
                             ExportSide side = ExportSide::both) {
    return export_recording(folder.path(), place, folder / name, side);
  }

  pki::test::TestFolder folder;
  pki::RecordingKeys keys{folder.path()};
};

std::int16_t sample(const std::string& wav, std::size_t number) {
  const std::size_t at = 44 + 2 * number;
  return static_cast<std::int16_t>(static_cast<std::uint8_t>(wav[at]) | static_cast<std::uint8_t>(wav[at + 1]) << 8);
}

TEST_F(RecordingWork, ExportsBothSidesOrOne) {
  const auto place = record("a");
  ASSERT_TRUE(export_to(place, "both.wav"));
  const std::string both = slurp(folder / "both.wav");
  ASSERT_EQ(both.size(), 44u + 4 * 8'000);
  EXPECT_EQ(both[22], 2);
  EXPECT_NEAR(sample(both, 0), 100, 8);
  EXPECT_NEAR(sample(both, 1), -200, 8);
  EXPECT_NEAR(sample(both, 2 * 4'000), -200, 8);
  EXPECT_EQ(pki::test::mode_of(folder / "both.wav"), 0600);
  ASSERT_TRUE(export_to(place, "called.wav", ExportSide::called));
  const std::string called = slurp(folder / "called.wav");
  EXPECT_EQ(called.size(), 44u + 2 * 8'000);
  EXPECT_NEAR(sample(called, 0), -200, 8);
  EXPECT_THAT(export_to(place, "both.wav").error().text(), HasSubstr("exists already"));
  EXPECT_THAT(slurp(folder / "recordings" / "audit.jsonl"), HasSubstr("both.wav"));
}

TEST_F(RecordingWork, AnIncompleteOneIsExportedAndADamagedOneIsNot) {
  const auto cut = record("cut", today, false), damaged = record("damaged");
  EXPECT_EQ(state(cut), "incomplete");
  const auto done = export_to(cut, "cut.wav");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->seconds, 1.0);
  std::string content = slurp(damaged.file);
  content[media::recording::chunks_at + media::recording::labels_chunk_bytes + 8'056 + 50] ^= 1;
  spill(damaged.file, content);
  const auto verdict = verify_recording(damaged, site_keys(folder.path()));
  EXPECT_EQ(verdict.state, "damaged");
  EXPECT_THAT(verdict.issues, ElementsAre(HasSubstr("chunk 2 (at 0.5 s): it was changed")));
  EXPECT_THAT(export_to(damaged, "damaged.wav").error().text(), HasSubstr("chunk 2"));
  EXPECT_FALSE(std::filesystem::exists(folder / "damaged.wav"));
}

TEST_F(RecordingWork, RotationWrapsAllAndDestroysWhatNobodyNeeds) {
  const auto a = record("a"), bb = record("bb");
  const auto old = keys.current()->id;
  auto done = rotate_recording_keys(folder.path(), false, {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->wrapped, 2u);
  EXPECT_TRUE(keys.find(old));
  EXPECT_EQ(state(a), "whole");
  const auto ccc = record("ccc");
  done = rotate_recording_keys(folder.path(), true, {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->wrapped, 3u);
  EXPECT_EQ(done->destroyed.size(), 2u);
  EXPECT_FALSE(keys.find(old));
  for (const auto& place : {a, bb, ccc})
    EXPECT_EQ(state(place), "whole");
  for (const RecordingRow& row : *recording_rows(folder.path()))
    EXPECT_EQ(row.site_key, done->key);
}

// A recording whose key cannot be unwrapped now keeps its site key from being destroyed.
TEST_F(RecordingWork, ARotationThatFailsForOneDestroysNothingItNeeds) {
  const auto good = record("good"), bad = record("bad");
  const auto old = keys.current()->id;
  std::string content = slurp(bad.file);
  content.resize(media::recording::chunks_at - 1);  // as a disk may leave it
  spill(bad.file, content);
  const auto done = rotate_recording_keys(folder.path(), true, {});
  EXPECT_FALSE(done);  // which keys are needed is not known
  EXPECT_TRUE(keys.find(old));
  EXPECT_EQ(state(good), "whole");
}

TEST_F(RecordingWork, WhatIsOldIsErasedOnce) {
  const auto old = record("old", today - 91 * 86'400s), young = record("young", today - 89 * 86'400s);
  EXPECT_EQ(*erase_expired(folder.path(), std::chrono::days(90), today), 1u);
  EXPECT_EQ(state(old), "erased");
  EXPECT_EQ(state(young), "whole");
  EXPECT_EQ(*erase_expired(folder.path(), std::chrono::days(90), today), 0u);
  EXPECT_EQ(*pki::check_recording_audit(folder.path()), 1u);
  EXPECT_THAT(export_to(old, "old.wav").error().text(), HasSubstr("was erased"));
}

TEST_F(RecordingWork, WithoutItsSiteKeyItSaysWhichOneIsMissing) {
  const auto place = record("a");
  const std::string id = print_hex(keys.current()->id);
  std::filesystem::remove(keys.folder() / (id + ".key"));
  const auto verdict = verify_recording(place, site_keys(folder.path()));
  EXPECT_EQ(verdict.state, "unreadable");
  EXPECT_THAT(verdict.issues, ElementsAre(HasSubstr(id)));
  EXPECT_EQ(recording_rows(folder.path())->at(0).site_key, id);
}

}  // namespace
}  // namespace ringwall::cli
