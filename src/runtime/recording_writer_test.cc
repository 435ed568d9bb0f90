#include "runtime/recording_writer.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>

#include "runtime/recording_for_test.h"

namespace ringwall::runtime::recording_test {
namespace {

namespace fs = std::filesystem;
using media::RecordingSummary;
using media::RecordingTap;
using ::testing::HasSubstr;

TEST(RecordingWriter, WritesBothSidesIntoAPrivateFile) {
  const Folder folder;
  Site site(folder.path / "recordings");
  const mode_t before = ::umask(0);
  const auto begun = site.writer().begin("0123456789abcdef", {{"number", "6016"}});
  ASSERT_TRUE(begun);
  EXPECT_EQ(site.writer().state(begun->id), "on");
  site.speak(*begun->tap, 1'300ms);
  site.writer().end(begun->id);
  ASSERT_TRUE(site.ended());
  ::umask(before);
  EXPECT_EQ(site.news.front().kind, RecordingNews::Kind::began);
  EXPECT_EQ(site.news.back().reason, "call-over");
  EXPECT_EQ(site.news.back().name, "0123456789abcdef");
  EXPECT_EQ(site.writer().state(begun->id), "");
  const auto file = only_file(folder.path / "recordings");
  EXPECT_EQ(file.stem(), "0123456789abcdef");
  EXPECT_EQ(static_cast<int>(fs::status(file).permissions()), 0600);
  EXPECT_EQ(static_cast<int>(fs::status(file.parent_path()).permissions()), 0700);
  const auto read = scan(file);
  EXPECT_EQ(read.summary.state, RecordingSummary::State::whole);
  EXPECT_NEAR(static_cast<double>(read.summary.samples), 1'300 * 8, 400);
  EXPECT_GT(share_of(read.left, loud), 0.9);
  EXPECT_GT(share_of(read.right, other_loud), 0.9);
  EXPECT_EQ(read.summary.labels.at(0).second, "6016");
}

TEST(RecordingWriter, ASecondRecordingOfACallHasANameOfItsOwn) {
  const Folder folder;
  Site site(folder.path);
  for (int i = 0; i < 2; ++i) {
    const auto begun = site.writer().begin("../../evil", {});
    ASSERT_TRUE(begun);
    site.writer().end(begun->id);
  }
  ASSERT_TRUE(site.until([&] { return site.news.size() == 4; }));
  const auto all = list_recordings(folder.path);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).name, "______evil-2");
  EXPECT_EQ(all->at(1).name, "______evil");
  EXPECT_TRUE(find_recording(folder.path, "______evil"));
  EXPECT_THAT(find_recording(folder.path, "_____").error().text(), HasSubstr("more than one"));
  EXPECT_FALSE(find_recording(folder.path, "abc"));
}

TEST(RecordingWriter, WithoutAKeyNothingIsWritten) {
  const Folder folder;
  Site site(folder.path);
  Site::no_key = true;
  const auto begun = site.writer().begin("a", {});
  ASSERT_TRUE(begun);
  ASSERT_TRUE(site.ended());
  Site::no_key = false;
  EXPECT_EQ(site.news.back().reason, "failed");
  EXPECT_THAT(site.news.back().trouble, HasSubstr("there is no key"));
  EXPECT_TRUE(list_recordings(folder.path)->empty());
  site.speak(*begun->tap, 60ms);  // the call knows nothing of it
  EXPECT_EQ(begun->tap->dropped(), 0u);
}

TEST(RecordingWriter, StoppingEndsInOrder) {
  const Folder folder;
  Site site(folder.path);
  const auto begun = site.writer().begin("a", {});
  site.speak(*begun->tap, 300ms);
  site.stop();
  const auto read = scan(only_file(folder.path));
  ASSERT_TRUE(read.summary.end);
  EXPECT_EQ(read.summary.end->reason, media::RecordingEnd::Reason::stopped);
  EXPECT_NEAR(static_cast<double>(read.summary.samples), 2'400, 400);
}

/// What of the file's bytes on disk decrypts to sound of a pause.
TEST(RecordingWriter, APauseIsSilenceInItsPlace) {
  const Folder folder;
  Site site(folder.path);
  const auto begun = site.writer().begin("a", {});
  site.speak(*begun->tap, 700ms);
  ASSERT_TRUE(site.writer().pause("a"));
  EXPECT_EQ(site.writer().state(begun->id), "paused");
  site.speak(*begun->tap, 600ms);
  ASSERT_TRUE(site.writer().resume("a"));
  site.speak(*begun->tap, 500ms);
  site.writer().end(begun->id);
  ASSERT_TRUE(site.ended());
  EXPECT_FALSE(site.writer().pause("b"));
  EXPECT_FALSE(site.writer().resume("a"));
  const auto read = scan(only_file(folder.path));
  ASSERT_EQ(read.summary.masks.size(), 1u);
  const auto mask = read.summary.masks[0];
  EXPECT_NEAR(static_cast<double>(mask.to - mask.from), 600 * 8, 300);
  const auto masked = [&](const std::vector<std::uint8_t>& side) {
    return std::vector<std::uint8_t>(side.begin() + static_cast<std::ptrdiff_t>(mask.from),
                                     side.begin() + static_cast<std::ptrdiff_t>(mask.to));
  };
  EXPECT_EQ(share_of(masked(read.left), media::recording::silence), 1);
  EXPECT_EQ(share_of(masked(read.right), media::recording::silence), 1);
  const std::vector<std::uint8_t> after(read.left.begin() + static_cast<std::ptrdiff_t>(mask.to), read.left.end());
  EXPECT_GT(share_of(after, loud), 0.7);
}

TEST(RecordingWriter, ADiskThatIsFullEndsTheRecordingAndNotTheCall) {
  const Folder folder;
  Site site(folder.path);
  struct rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = media::recording::chunks_at + media::recording::labels_chunk_bytes +
                   2 * media::recording::audio_chunk_bytes + 1'000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto begun = site.writer().begin("a", {});
  site.speak(*begun->tap, 1'900ms);
  const bool ended = site.ended();
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  ASSERT_TRUE(ended);
  EXPECT_EQ(site.news.back().reason, "disk-full");
  EXPECT_THAT(site.news.back().trouble, HasSubstr("File too large"));
  const auto read = scan(only_file(folder.path));
  EXPECT_EQ(read.summary.state, RecordingSummary::State::whole);
  EXPECT_EQ(read.summary.end->reason, media::RecordingEnd::Reason::disk_full);
  EXPECT_EQ(read.summary.samples, 8'000u);
  site.speak(*begun->tap, 40ms);
  EXPECT_EQ(begun->tap->dropped(), 0u);
}

// The thread that speaks is not held up by a writer that does not come: frames are dropped and counted.
TEST(RecordingWriter, AWriterThatIsHeldUpHoldsNobodyUp) {
  const Folder folder;
  std::atomic<bool> held = true;
  RecordingWriterOptions options{folder.path, [&](const auto& use) -> Result<> {
                                   while (held)
                                     std::this_thread::sleep_for(1ms);
                                   return use(media::site_key_for_test(1));
                                 }};
  RecordingWriter writer(std::move(options), [](const auto&) {}, [](const auto&) {});
  const auto begun = writer.begin("a", {});
  const std::vector<std::uint8_t> payload(160, loud);
  const Time start = Clock::now();
  for (std::uint32_t i = 0; i < 10'000; ++i)
    begun->tap->push(RecordingTap::Side::received, media::Codec::pcmu, 1, i * 160, payload, start);
  EXPECT_EQ(begun->tap->dropped(), 10'000 - limits::recording_ring_bytes / 184);
  held = false;
}

/// The child records until it is killed; what it had heard is written to `told` as it goes.
[[noreturn]] void record_until_killed(const fs::path& folder, int told) {
  Site site(folder);
  const auto begun = site.writer().begin("a", {});
  const Time start = Clock::now();
  while (true) {
    site.speak(*begun->tap, 20ms);
    const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    (void)!::write(told, &ms, sizeof ms);
  }
}

TEST(RecordingWriter, Kill9LosesLessThanASecond) {
  const Folder folder;
  for (const auto life : {700ms, 1'450ms, 2'600ms}) {
    const fs::path here = folder.path / std::to_string(life.count());
    fs::create_directory(here);
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t child = ::fork();
    if (child == 0) record_until_killed(here, told[1]);
    ::close(told[1]);
    std::int64_t heard = 0;
    while (heard < life.count() && ::read(told[0], &heard, sizeof heard) == sizeof heard) {
    }
    ::kill(child, SIGKILL);
    while (::read(told[0], &heard, sizeof heard) == sizeof heard) {
    }
    ::close(told[0]);
    ::waitpid(child, nullptr, 0);
    const auto path = only_file(here);
    const auto file = RecordingFile::open(path);
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->live());
    const auto read = scan(path);
    EXPECT_EQ(read.summary.state, RecordingSummary::State::incomplete);
    EXPECT_FALSE(read.summary.end);
    const auto kept = static_cast<std::int64_t>(read.summary.samples / 8);
    EXPECT_LT(heard - kept, 1'000) << "heard " << heard << " ms, kept " << kept;
    if (kept > 0) EXPECT_GT(share_of(read.left, loud), 0.8);
  }
}

}  // namespace
}  // namespace ringwall::runtime::recording_test
