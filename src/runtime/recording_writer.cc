#include "runtime/recording_writer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/limits.h"
#include "base/log.h"
#include "runtime/open_recording.h"

namespace ringwall::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto turn = 100ms;
constexpr auto sync_interval = 5s;

}  // namespace

/// What the writer's thread and the signalling thread share, and callbacks on their way.
struct RecordingWriter::Shared {
  RecordingWriterOptions options;
  Post post;
  OnNews on_news;
  RecordingWriter* owner = nullptr;  // on the signalling thread; null once the writer is gone

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::shared_ptr<Live>> fresh;
  bool stopping = false;
};

/// The writer's thread.
class RecordingWriter::Worker {
 public:
  explicit Worker(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void run() {
    while (true) {
      const bool last = !take_fresh();
      const Time now = Clock::now();
      std::erase_if(open_, [&](const auto& recording) { return step(*recording, now); });
      sync_one(now);
      if (last && open_.empty()) return;
    }
  }

 private:
  /// Waits for a turn's time, or without end where nothing is recorded. False when the writer is to stop.
  bool take_fresh() {
    std::unique_lock lock(shared_->mutex);
    const auto something = [this] { return shared_->stopping || !shared_->fresh.empty(); };
    if (open_.empty())
      shared_->wake.wait(lock, something);
    else
      shared_->wake.wait_for(lock, turn, something);
    const auto fresh = std::exchange(shared_->fresh, {});
    const bool goes_on = !shared_->stopping;
    lock.unlock();
    for (const auto& live : fresh)
      create(live);
    return goes_on;
  }

  void create(const std::shared_ptr<Live>& live) {
    auto recording = std::make_unique<Open>(live);
    if (const auto made = recording->create(shared_->options); !made) {
      recording->fail("failed", made.error().text());
      return tell(recording->news(RecordingNews::Kind::ended));
    }
    tell(recording->news(RecordingNews::Kind::began));
    open_.push_back(std::move(recording));
  }

  bool step(Open& recording, Time now) {
    if (!recording.step(now)) return false;
    tell(recording.news(RecordingNews::Kind::ended));
    return true;
  }

  /// One file in each turn, so that a slow disk holds the others up as little as can be.
  void sync_one(Time now) {
    const auto oldest = std::ranges::min_element(open_, {}, [](const auto& one) { return one->synced(); });
    if (oldest != open_.end() && now - (*oldest)->synced() >= sync_interval) (*oldest)->sync();
  }

  void tell(RecordingNews news) {
    shared_->post([shared = shared_, news = std::move(news)] {
      if (shared->owner == nullptr) return;
      if (news.kind == RecordingNews::Kind::ended) shared->owner->forget(news.id);
      shared->on_news(news);
    });
  }

  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Open>> open_;
};

RecordingWriter::RecordingWriter(RecordingWriterOptions options, Post post, OnNews on_news)
    : shared_(std::make_shared<Shared>()) {
  shared_->options = std::move(options);
  shared_->post = std::move(post);
  shared_->on_news = std::move(on_news);
  shared_->owner = this;
  thread_ = std::jthread([shared = shared_] { Worker(shared).run(); });
}

RecordingWriter::~RecordingWriter() {
  shared_->owner = nullptr;
  for (const auto& [id, live] : live_) {
    if (live->ending) continue;
    live->end_at = Clock::now();
    live->end_reason = media::RecordingEnd::Reason::stopped;
    live->ending.store(true, std::memory_order_release);
  }
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->wake.notify_one();
}

Result<RecordingWriter::Begun> RecordingWriter::begin(std::string interaction, media::RecordingLabels labels) {
  if (live_.size() >= limits::recordings_at_once)
    return fail(fmt::format("{} recordings are under way, which is the limit", live_.size()));
  const auto live = std::make_shared<Live>(ids_.next(), std::move(interaction), std::move(labels));
  live_.emplace(live->id, live);
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->fresh.push_back(live);
  }
  shared_->wake.notify_one();
  return Begun{live->id, live->tap};
}

void RecordingWriter::end(RecordingId id) {
  const auto at = live_.find(id);
  if (at == live_.end() || at->second->ending) return;
  at->second->end_at = Clock::now();
  at->second->ending.store(true, std::memory_order_release);
}

std::vector<RecordingWriter::Live*> RecordingWriter::of(std::string_view interaction) const {
  std::vector<Live*> out;
  for (const auto& [id, live] : live_)
    if (live->interaction == interaction && !live->ending) out.push_back(live.get());
  return out;
}

Result<> RecordingWriter::pause(std::string_view interaction) {
  const auto found = of(interaction);
  if (found.empty())
    return fail("no recording of this call is under way", std::string(interaction), "see 'ringwall show calls'");
  const Time now = Clock::now();
  for (Live* const live : found)
    live->pauses.pause(now);
  return {};
}

Result<> RecordingWriter::resume(std::string_view interaction) {
  const auto found = of(interaction);
  if (found.empty())
    return fail("no recording of this call is under way", std::string(interaction), "see 'ringwall show calls'");
  const Time now = Clock::now();
  for (Live* const live : found)
    TRY_VOID(live->pauses.resume(now));
  return {};
}

std::vector<RecordingView> RecordingWriter::views() const {
  std::vector<RecordingView> out;
  for (const auto& [id, live] : live_)
    out.push_back({.id = id,
                   .interaction = live->interaction,
                   .began = std::chrono::floor<std::chrono::seconds>(
                       std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(live->began_ms))),
                   .paused = live->pauses.paused(),
                   .frames_dropped = live->tap->dropped()});
  std::ranges::sort(out, {}, [](const RecordingView& view) { return view.id.value; });
  return out;
}

std::string_view RecordingWriter::state(RecordingId id) const {
  const auto at = live_.find(id);
  if (at == live_.end() || at->second->ending) return {};
  return at->second->pauses.paused() ? "paused" : "on";
}

}  // namespace ringwall::runtime
