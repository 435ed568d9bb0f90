#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "media/record/container.h"
#include "media/record/recording_tap.h"

namespace ringwall::runtime {

using RecordingId = StrongId<struct RecordingTag>;

/// What the writer says of a recording, on the signalling thread.
struct RecordingNews {
  enum class Kind : std::uint8_t { began, ended };
  Kind kind = Kind::began;
  RecordingId id;
  std::string interaction;
  std::string name;     ///< of the recording
  std::string reason;   ///< ended: "call-over", "stopped", "disk-full", "too-long", "failed"
  std::string trouble;  ///< ended: what went wrong, for people; may be empty
  double seconds = 0;
  std::uint64_t frames_dropped = 0;
};

/// A recording that is under way.
struct RecordingView {
  RecordingId id;
  std::string interaction;
  WallTime began{};
  bool paused = false;
  std::uint64_t frames_dropped = 0;
};

struct RecordingWriterOptions {
  std::filesystem::path folder;  ///< <site>/recordings
  /// Runs its argument with the site's current key, which nobody destroys meanwhile. Called on the writer's thread.
  std::function<Result<>(const std::function<Result<>(const crypto::WrappingKey&)>&)> with_key;
};

/// Writes the audio of recorded legs into encrypted files, on one thread for all of them. The legs' threads hand their
/// frames over through a RecordingTap each and never wait for the disk: when it is slow, frames are dropped, counted
/// and logged, and are silence in the recording. When it is full the recording ends, and the call goes on.
///
/// Every half second of a recording is written as soon as it is over and 0.2 s have passed, so a process that is killed
/// loses less than a second. The kernel is made to put it on the disk (fdatasync) about every 5 s, one file in each
/// turn of the thread, and when the recording ends: what a power cut may take.
class RecordingWriter {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using OnNews = std::function<void(const RecordingNews&)>;

  /// `on_news` runs through `post`, and not after the writer is gone.
  RecordingWriter(RecordingWriterOptions options, Post post, OnNews on_news);
  ~RecordingWriter();  ///< ends every recording in order: "stopped"
  RecordingWriter(const RecordingWriter&) = delete;

  // On the signalling thread:
  struct Begun {
    RecordingId id;
    std::shared_ptr<media::RecordingTap> tap;  ///< for MediaEngine::tap()
  };
  /// Fails when limits::recordings_at_once are under way. What goes wrong with the file comes as news.
  Result<Begun> begin(std::string interaction, media::RecordingLabels labels);
  void end(RecordingId id);
  /// From now on, or from now on no longer, without sound: every recording of the interaction. Fails if there is none,
  /// or after limits::recording_masks pauses.
  Result<> pause(std::string_view interaction);
  Result<> resume(std::string_view interaction);
  [[nodiscard]] std::vector<RecordingView> views() const;
  /// "on" or "paused"; empty once it has ended.
  [[nodiscard]] std::string_view state(RecordingId id) const;

 private:
  struct Live;
  struct Shared;
  class Open;
  class Worker;
  [[nodiscard]] std::vector<Live*> of(std::string_view interaction) const;
  void forget(RecordingId id) { live_.erase(id); }

  std::shared_ptr<Shared> shared_;
  std::unordered_map<RecordingId, std::shared_ptr<Live>> live_;
  IdSource<RecordingId> ids_;
  std::jthread thread_;
};

}  // namespace ringwall::runtime
