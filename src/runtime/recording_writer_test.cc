#include "runtime/recording_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>

#include "media/codec/g711.h"
#include "media/record/container_for_test.h"
#include "runtime/recording_file.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;
using media::RecordingSummary;
using media::RecordingTap;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::uint8_t loud = 0x10, other_loud = 0x21;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "ringwall-rec-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  fs::path path;
};

/// A signalling thread in small, and a leg that speaks.
class Site {
 public:
  explicit Site(const fs::path& folder)
      : writer_(std::make_unique<RecordingWriter>(
            RecordingWriterOptions{folder,
                                   [](const auto& use) -> Result<> {
                                     if (no_key) return fail("there is no key");
                                     return use(media::site_key_for_test(1));
                                   }},
            [this](std::function<void()> work) {
              const std::lock_guard lock(mutex_);
              queue_.push_back(std::move(work));
            },
            [this](const RecordingNews& one) { news.push_back(one); })) {}

  void run_posted() {
    while (true) {
      std::function<void()> work;
      {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) return;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
  }
  bool until(const std::function<bool()>& condition) {
    for (const Time end = Clock::now() + 20s; Clock::now() < end; std::this_thread::sleep_for(5ms)) {
      run_posted();
      if (condition()) return true;
    }
    return false;
  }
  bool ended() {
    return until([this] { return !news.empty() && news.back().kind == RecordingNews::Kind::ended; });
  }
  /// Both sides speak for so long: 20 ms frames in real time.
  void speak(RecordingTap& tap, std::chrono::milliseconds length) {
    for (const Time end = Clock::now() + length; Clock::now() < end;) {
      const std::vector<std::uint8_t> in(160, loud), out(160, other_loud);
      tap.push(RecordingTap::Side::received, media::Codec::pcmu, 1, clock_, in, Clock::now());
      tap.push(RecordingTap::Side::sent, media::Codec::pcmu, 2, clock_ + 7'000, out, Clock::now());
      clock_ += 160;
      next_ = std::max(next_ + 20ms, Clock::now() - 40ms);
      std::this_thread::sleep_until(next_);
    }
  }
  RecordingWriter& writer() { return *writer_; }
  void stop() { writer_.reset(); }

  static inline bool no_key = false;
  std::vector<RecordingNews> news;

 private:
  std::mutex mutex_;
  std::deque<std::function<void()>> queue_;
  std::uint32_t clock_ = 0;
  Time next_ = Clock::now();
  std::unique_ptr<RecordingWriter> writer_;
};

struct Scanned {
  RecordingSummary summary;
  std::vector<std::uint8_t> left, right;
};
Scanned scan(const fs::path& path, std::vector<std::uint8_t> keys = {1}) {
  Scanned out;
  const auto file = RecordingFile::open(path);
  EXPECT_TRUE(file) << file.error().text();
  if (!file) return out;
  const auto key = media::open_recording_key(file->head(), media::keys_for_test(std::move(keys)));
  EXPECT_TRUE(key) << key.error().text();
  if (!key) return out;
  auto summary = file->scan(*key, [&](const media::ContainerReader::Chunk& chunk) -> Result<> {
    if (const auto* audio = std::get_if<media::AudioChunk>(&chunk)) {
      out.left.insert(out.left.end(), audio->audio[0].begin(), audio->audio[0].begin() + audio->samples);
      out.right.insert(out.right.end(), audio->audio[1].begin(), audio->audio[1].begin() + audio->samples);
    }
    return {};
  });
  EXPECT_TRUE(summary);
  out.summary = *summary;
  return out;
}

fs::path only_file(const fs::path& folder) {
  const auto all = list_recordings(folder);
  EXPECT_TRUE(all);
  EXPECT_EQ(all->size(), 1u);
  return all->empty() ? fs::path() : all->front().file;
}

double share_of(const std::vector<std::uint8_t>& samples, std::uint8_t value) {
  return samples.empty()
             ? 0
             : static_cast<double>(std::ranges::count(samples, value)) / static_cast<double>(samples.size());
}

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
}  // namespace ringwall::runtime
