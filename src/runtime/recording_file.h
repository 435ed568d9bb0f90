#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "media/record/container_reader.h"
#include "runtime/file_descriptor.h"

/// Recordings on disk: <site>/recordings/<day>/<name>.rec, where the name is the interaction's id; a second recording
/// of one interaction is <id>-2. Everything that changes a file leaves it readable at every moment, whenever the
/// process is killed.
namespace ringwall::runtime {

inline constexpr std::string_view recording_suffix = ".rec";

struct RecordingPlace {
  std::string name;
  std::filesystem::path file;
};
/// All of them, by day and name. A folder that is not there holds none.
Result<std::vector<RecordingPlace>> list_recordings(const std::filesystem::path& folder);
/// By its name, or by a beginning of it that only one has.
Result<RecordingPlace> find_recording(const std::filesystem::path& folder, std::string_view name);

/// An open recording, for reading.
class RecordingFile {
 public:
  using OnChunk = std::function<Result<>(const media::ContainerReader::Chunk&)>;

  static Result<RecordingFile> open(const std::filesystem::path& file);
  [[nodiscard]] const media::RecordingHead& head() const { return head_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// A process is writing it now.
  [[nodiscard]] bool live() const;
  /// Seconds of audio that the file has room for: what is in it if it is whole.
  [[nodiscard]] double seconds() const;
  /// Reads every chunk that the file held when it was opened, and hands each to `on_chunk`, whose error ends it.
  [[nodiscard]] Result<media::RecordingSummary> scan(const Secret& key, const OnChunk& on_chunk = {}) const;

 private:
  RecordingFile() = default;
  std::filesystem::path path_;
  FileDescriptor file_;
  media::RecordingHead head_;
  std::uint64_t size_ = 0;
};

/// Wraps the recording's key anew by `to`; false if it was already, or is erased. The new slot is on the disk before
/// the old one is overwritten. Also while the recording is being written.
Result<bool> rewrap_recording(const std::filesystem::path& file, const crypto::WrappingKey& to,
                              const media::FindSiteKey& find);

/// Overwrites both wrapped keys, then cuts the sound off: what is left says that and when it was erased. Fails while
/// the recording is being written. Doing it again completes what was stopped.
Result<> erase_recording(const std::filesystem::path& file, WallTime now);

/// The site keys that the recordings of the folder are wrapped by.
Result<std::vector<crypto::WrappingKey::Id>> site_keys_needed(const std::filesystem::path& folder);

/// Says to other processes that this open file is being written, as long as it is open.
bool mark_live(const FileDescriptor& file);

/// "cannot <doing>: <the reason of the last failed system call>", with what may mend it.
std::unexpected<Error> file_failure(const char* doing, const std::filesystem::path& path);
/// write(2) until all is written; errno says why not.
bool write_whole(int file, Bytes content);

}  // namespace ringwall::runtime
