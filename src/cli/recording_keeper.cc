#include "cli/recording_keeper.h"

#include "base/log.h"
#include "cli/recording_work.h"

namespace ringwall::cli {

RecordingKeeper::RecordingKeeper(std::filesystem::path site, std::chrono::days retention)
    : site_(std::move(site)),
      retention_days_(retention.count()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

RecordingKeeper::~RecordingKeeper() {
  thread_.request_stop();
  thread_.join();
}

void RecordingKeeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const std::chrono::days retention(retention_days_.load()); retention.count() > 0) {
      const auto erased = erase_expired(site_, retention, wall_now());
      if (!erased)
        log::error("recording", "old recordings cannot be erased: {}", erased.error().text());
      else if (*erased > 0)
        log::info("recording", "erased {} recordings that were older than {} days", *erased, retention.count());
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::hours(1), [] { return false; });
  }
}

}  // namespace ringwall::cli
