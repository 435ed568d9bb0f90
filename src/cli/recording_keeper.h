#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace ringwall::cli {

/// Erases the recordings of a running site whose time is over: at the start and once an hour, on a thread of its own.
class RecordingKeeper {
 public:
  RecordingKeeper(std::filesystem::path site, std::chrono::days retention);
  ~RecordingKeeper();
  RecordingKeeper(const RecordingKeeper&) = delete;
  /// 0: nothing is erased. Looked at from the next hour on.
  void set_retention(std::chrono::days retention) { retention_days_ = retention.count(); }

 private:
  void run(const std::stop_token& stop);

  std::filesystem::path site_;
  std::atomic<std::chrono::days::rep> retention_days_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace ringwall::cli
