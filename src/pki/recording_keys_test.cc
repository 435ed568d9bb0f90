#include "pki/recording_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/text.h"
#include "pki/recording_audit.h"
#include "pki/test_folder.h"

namespace ringwall::pki {
namespace {

using test::slurp;
using test::spill;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RecordingKeys, TheNewestIsTheCurrentOne) {
  const test::TestFolder site;
  const RecordingKeys keys(site.path());
  EXPECT_FALSE(keys.any());
  EXPECT_THAT(keys.current().error().text(), HasSubstr("has no key for recordings"));
  ASSERT_TRUE(keys.make_first());
  const auto first = keys.current();
  ASSERT_TRUE(first);
  ASSERT_TRUE(keys.make_first());
  EXPECT_EQ(keys.current()->id, first->id);
  const auto second = keys.make();
  ASSERT_TRUE(second);
  EXPECT_EQ(keys.current()->id, *second);
  EXPECT_FALSE(std::ranges::equal(keys.current()->key.reveal(), first->key.reveal()));
  EXPECT_TRUE(std::ranges::equal(keys.find(first->id)->reveal(), first->key.reveal()));
  EXPECT_EQ(keys.list()->size(), 2u);
}

TEST(RecordingKeys, ArePrivateWhateverTheUmask) {
  const test::TestFolder site;
  const RecordingKeys keys(site.path());
  const mode_t before = ::umask(0);
  const auto id = keys.make();
  ::umask(before);
  ASSERT_TRUE(id);
  const auto file = keys.folder() / (print_hex(*id) + ".key");
  EXPECT_EQ(test::mode_of(file), 0600);
  EXPECT_EQ(test::mode_of(keys.folder()), 0700);
  EXPECT_EQ(slurp(file).size(), 32u);
  ::chmod(file.c_str(), 0640);
  EXPECT_THAT(keys.current().error().text(), HasSubstr("other users may read this key"));
}

TEST(RecordingKeys, ADamagedFileIsNamed) {
  const test::TestFolder site;
  const RecordingKeys keys(site.path());
  const auto id = keys.make();
  const auto file = keys.folder() / (print_hex(*id) + ".key");
  std::filesystem::resize_file(file, 31);
  EXPECT_THAT(keys.current().error().text(), HasSubstr(print_hex(*id) + ".key: the key has 31 bytes"));
  spill(keys.folder() / "current", "nonsense\n");
  EXPECT_FALSE(keys.current());
}

TEST(RecordingKeys, OnlyWhatNobodyNeedsIsDestroyed) {
  const test::TestFolder site;
  const RecordingKeys keys(site.path());
  const auto a = keys.make(), b = keys.make(), c = keys.make();
  const auto gone = keys.destroy_others([&]() -> Result<std::vector<RecordingKeys::Id>> { return std::vector{*b}; });
  ASSERT_TRUE(gone);
  EXPECT_THAT(*gone, ElementsAre(*a));
  EXPECT_FALSE(keys.find(*a));
  EXPECT_TRUE(keys.find(*b));
  EXPECT_EQ(keys.current()->id, *c);
  EXPECT_FALSE(keys.destroy_others([]() -> Result<std::vector<RecordingKeys::Id>> { return fail("cannot look"); }));
  EXPECT_TRUE(keys.find(*b));
}

TEST(RecordingAudit, LinesAreChained) {
  const test::TestFolder site;
  EXPECT_EQ(*check_recording_audit(site.path()), 0u);
  for (const char* const name : {"a", "b", "c"})
    ASSERT_TRUE(append_recording_act(site.path(), {"erase", name, {{"reason", "retention \"90\" days"}}}, wall_now()));
  EXPECT_EQ(*check_recording_audit(site.path()), 3u);
  const auto file = site / "recordings" / "audit.jsonl";
  EXPECT_EQ(test::mode_of(file), 0600);
  const std::string text = slurp(file);
  std::string changed = text;
  changed.replace(changed.find("\"b\""), 3, "\"x\"");
  spill(file, changed);
  EXPECT_THAT(check_recording_audit(site.path()).error().text(), HasSubstr("audit.jsonl:3"));
  spill(file, text.substr(text.find('\n') + 1));
  EXPECT_THAT(check_recording_audit(site.path()).error().text(), HasSubstr("audit.jsonl:1"));
}

TEST(RecordingAudit, ATornLineIsCutOff) {
  const test::TestFolder site;
  ASSERT_TRUE(append_recording_act(site.path(), {"erase", "a", {}}, wall_now()));
  const auto file = site / "recordings" / "audit.jsonl";
  const std::string text = slurp(file);
  spill(file, text + text.substr(0, 40));
  ASSERT_TRUE(append_recording_act(site.path(), {"erase", "b", {}}, wall_now()));
  EXPECT_EQ(*check_recording_audit(site.path()), 2u);
}

}  // namespace
}  // namespace ringwall::pki
