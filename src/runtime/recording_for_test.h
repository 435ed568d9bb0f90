#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "media/record/container_for_test.h"
#include "runtime/recording_file.h"
#include "runtime/recording_writer.h"

/// A recording writer with a leg that speaks, and a look into what it wrote.
namespace ringwall::runtime::recording_test {

using namespace std::chrono_literals;

inline constexpr std::uint8_t loud = 0x10, other_loud = 0x21;

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ringwall-rec-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  std::filesystem::path path;
};

/// A signalling thread in small, and a leg that speaks.
class Site {
 public:
  explicit Site(const std::filesystem::path& folder)
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
  void speak(media::RecordingTap& tap, std::chrono::milliseconds length) {
    for (const Time end = Clock::now() + length; Clock::now() < end;) {
      const std::vector<std::uint8_t> in(160, loud), out(160, other_loud);
      tap.push(media::RecordingTap::Side::received, media::Codec::pcmu, 1, clock_, in, Clock::now());
      tap.push(media::RecordingTap::Side::sent, media::Codec::pcmu, 2, clock_ + 7'000, out, Clock::now());
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
  media::RecordingSummary summary;
  std::vector<std::uint8_t> left, right;
};
inline Scanned scan(const std::filesystem::path& path, std::vector<std::uint8_t> keys = {1}) {
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

inline std::filesystem::path only_file(const std::filesystem::path& folder) {
  const auto all = list_recordings(folder);
  EXPECT_TRUE(all);
  EXPECT_EQ(all->size(), 1u);
  return all->empty() ? std::filesystem::path() : all->front().file;
}

inline double share_of(const std::vector<std::uint8_t>& samples, std::uint8_t value) {
  return samples.empty()
             ? 0
             : static_cast<double>(std::ranges::count(samples, value)) / static_cast<double>(samples.size());
}

}  // namespace ringwall::runtime::recording_test
