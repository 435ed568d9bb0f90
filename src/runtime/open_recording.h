#pragma once

#include <atomic>
#include <optional>

#include "media/record/container_writer.h"
#include "media/record/timeline.h"
#include "runtime/file_descriptor.h"
#include "runtime/recording_writer.h"

namespace ringwall::runtime {

/// What the two threads of a recording share.
struct RecordingWriter::Live {
  Live(RecordingId recording, std::string name, media::RecordingLabels what);

  RecordingId id;
  std::string interaction;
  media::RecordingLabels labels;
  Time began;
  std::uint64_t began_ms;  ///< since 1970 UTC
  std::shared_ptr<media::RecordingTap> tap;
  media::RecordingPauses pauses;
  std::atomic<bool> ending = false;
  Time end_at{};  ///< written before `ending`
  media::RecordingEnd::Reason end_reason = media::RecordingEnd::Reason::call_over;
};

/// A recording's file while it is written. On the writer's thread only.
class RecordingWriter::Open {
 public:
  explicit Open(std::shared_ptr<Live> live);

  /// Makes the file with header, wrapped key and labels, and puts them on the disk.
  Result<> create(const RecordingWriterOptions& options);
  /// Writes what is due. True when the recording is over: news() says how.
  bool step(Time now);
  /// Ends it for a reason that is not the call's.
  void fail(std::string reason, std::string trouble);
  void sync();

  [[nodiscard]] Time synced() const { return synced_; }
  [[nodiscard]] RecordingNews news(RecordingNews::Kind kind) const;

 private:
  Result<> choose_file(const std::filesystem::path& day);
  Result<> write_begin(const crypto::WrappingKey& site_key);
  void drain();
  void write_chunk(const media::AudioChunk& chunk);
  void write_end(media::RecordingEnd::Reason reason);
  void give_up();
  void warn_of_drops();

  std::shared_ptr<Live> live_;
  std::filesystem::path path_;
  std::string name_;
  FileDescriptor file_;
  std::optional<media::ContainerWriter> writer_;
  media::RecordingTimeline timeline_;
  media::RecordingEnd end_;
  std::uint64_t bytes_ = 0;  // whole chunks on disk
  Time synced_{};
  std::uint64_t drops_told_ = 0;
  bool over_ = false;
  std::string reason_, trouble_;
};

}  // namespace ringwall::runtime
