#include "runtime/recording_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ringwall::runtime {
namespace {

namespace fs = std::filesystem;
namespace format = media::recording;

// Locks on bytes that no file has (fcntl(2), open file description locks).
constexpr off_t live_byte = off_t{1} << 40, slot_byte = live_byte + 1;

struct flock byte_lock(short type, off_t byte) {
  struct flock out{};
  out.l_type = type;
  out.l_whence = SEEK_SET;
  out.l_start = byte;
  out.l_len = 1;
  return out;
}

Result<std::size_t> read_at(const FileDescriptor& file, MutableBytes out, std::uint64_t at, const fs::path& path) {
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t got = ::pread(file.number(), out.data() + have, out.size() - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_failure("read", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

Result<media::RecordingHead> read_head(const FileDescriptor& file, const fs::path& path) {
  Buffer bytes(format::chunks_at);
  TRY(const std::size_t have, read_at(file, bytes, 0, path));
  auto head = media::parse_recording_head(Bytes(bytes).first(have));
  if (!head) head.error().where = path.string();
  return head;
}

/// Opens a file to change its slots, alone.
Result<FileDescriptor> open_slots(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return file_failure("open the recording", path);
  struct flock lock = byte_lock(F_WRLCK, slot_byte);
  while (::fcntl(file.number(), F_OFD_SETLKW, &lock) != 0)
    if (errno != EINTR) return file_failure("lock the recording", path);
  return file;
}

Result<> write_slot(const FileDescriptor& file, std::size_t slot, const media::KeySlot& content, const fs::path& path) {
  const auto bytes = media::print_key_slot(content);
  const auto written = ::pwrite(file.number(), bytes.data(), bytes.size(), static_cast<off_t>(format::slot_at[slot]));
  if (written != static_cast<ssize_t>(bytes.size()) || ::fsync(file.number()) != 0)
    return file_failure("write the key slot", path);
  return {};
}

bool is_live(const FileDescriptor& file) {
  struct flock lock = byte_lock(F_WRLCK, live_byte);
  return ::fcntl(file.number(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

std::unexpected<Error> file_failure(const char* doing, const fs::path& path) {
  const int reason = errno;
  const char* mend = "";
  if (reason == EACCES || reason == EPERM) mend = "run as the user who owns the site folder";
  if (reason == ENOENT) mend = "check the path";
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) mend = "make room on the disk";
  if (reason == EROFS) mend = "the file system is mounted read-only";
  return fail(fmt::format("cannot {}: {}", doing, std::strerror(reason)), path.string(), mend);
}

bool write_whole(int file, Bytes content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool mark_live(const FileDescriptor& file) {
  struct flock lock = byte_lock(F_WRLCK, live_byte);
  return ::fcntl(file.number(), F_OFD_SETLK, &lock) == 0;
}

Result<std::vector<RecordingPlace>> list_recordings(const fs::path& folder) {
  std::vector<RecordingPlace> out;
  std::error_code trouble;
  if (!fs::exists(folder, trouble)) return out;
  for (fs::recursive_directory_iterator at(folder, trouble), end; !trouble && at != end; at.increment(trouble))
    if (at->path().extension() == recording_suffix && at->is_regular_file())
      out.push_back({at->path().stem().string(), at->path()});
  if (trouble) return fail("cannot read the folder: " + trouble.message(), folder.string());
  std::ranges::sort(out, {}, &RecordingPlace::file);
  return out;
}

Result<RecordingPlace> find_recording(const fs::path& folder, std::string_view name) {
  TRY(const auto all, list_recordings(folder));
  const RecordingPlace* found = nullptr;
  for (const RecordingPlace& place : all) {
    if (place.name == name) return place;
    if (name.empty() || !place.name.starts_with(name)) continue;
    if (found != nullptr)
      return fail("more than one recording begins so", std::string(name), "see 'ringwall recording list'");
    found = &place;
  }
  if (found == nullptr) return fail("there is no such recording", std::string(name), "see 'ringwall recording list'");
  return *found;
}

Result<RecordingFile> RecordingFile::open(const fs::path& path) {
  RecordingFile out;
  out.path_ = path;
  out.file_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat facts{};
  if (!out.file_ || ::fstat(out.file_.number(), &facts) != 0) return file_failure("open the recording", path);
  out.size_ = static_cast<std::uint64_t>(facts.st_size);
  TRY(out.head_, read_head(out.file_, path));
  return out;
}

bool RecordingFile::live() const {
  return is_live(file_);
}

double RecordingFile::seconds() const {
  constexpr std::uint64_t first = format::chunks_at + format::labels_chunk_bytes;
  const std::uint64_t chunks = size_ < first ? 0 : (size_ - first) / format::audio_chunk_bytes;
  return static_cast<double>(chunks) * format::chunk_samples / format::rate;
}

Result<media::RecordingSummary> RecordingFile::scan(const Secret& key, const OnChunk& on_chunk) const {
  media::ContainerReader reader(head_, key);
  media::RecordingSummary summary;
  Buffer window(media::ContainerReader::window);
  for (std::uint64_t at = format::chunks_at; at < size_; at += reader.consumed()) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), size_ - at));
    TRY(const std::size_t have, read_at(file_, MutableBytes(window).first(wanted), at, path_));
    if (have == 0) break;
    const auto chunk = reader.read(Bytes(window).first(have));
    summary.add(chunk);
    if (on_chunk) TRY_VOID(on_chunk(chunk));
  }
  return summary;
}

Result<bool> rewrap_recording(const fs::path& path, const crypto::WrappingKey& to, const media::FindSiteKey& find) {
  TRY(const FileDescriptor file, open_slots(path));
  TRY(const auto head, read_head(file, path));
  const std::size_t present = media::choose_slot(head.slots), other = 1 - present;
  const media::KeySlot& slot = head.slots[present];
  if (slot.state == media::KeySlot::State::erased) return false;
  if (slot.state == media::KeySlot::State::key && slot.site_key == to.id) {
    // Stopped between the two writes: the old key is still beside the new one.
    if (head.slots[other].state != media::KeySlot::State::empty) TRY_VOID(write_slot(file, other, {}, path));
    return false;
  }
  auto key = media::open_recording_key(head, find);
  if (!key) {
    key.error().where = path.string();
    return std::unexpected(std::move(key.error()));
  }
  media::KeySlot fresh{.state = media::KeySlot::State::key,
                       .generation = slot.generation + 1,
                       .site_key = to.id,
                       .wrapped = crypto::wrap_key(to.key, *key)};
  TRY_VOID(write_slot(file, other, fresh, path));
  TRY_VOID(write_slot(file, present, {}, path));
  return true;
}

Result<> erase_recording(const fs::path& path, WallTime now) {
  TRY(const FileDescriptor file, open_slots(path));
  if (is_live(file)) return fail("the recording is being written", path.string(), "erase it when the call is over");
  TRY(const auto head, read_head(file, path));
  const media::KeySlot& slot = head.slot();
  const media::KeySlot erased{.state = media::KeySlot::State::erased,
                              .erased_at = slot.state == media::KeySlot::State::erased
                                               ? slot.erased_at
                                               : static_cast<std::uint64_t>(now.time_since_epoch().count())};
  for (std::size_t i = 0; i < head.slots.size(); ++i)
    TRY_VOID(write_slot(file, i, erased, path));
  if (::ftruncate(file.number(), format::chunks_at) != 0 || ::fsync(file.number()) != 0)
    return file_failure("cut the sound off", path);
  return {};
}

Result<std::vector<crypto::WrappingKey::Id>> site_keys_needed(const fs::path& folder) {
  TRY(const auto all, list_recordings(folder));
  std::vector<crypto::WrappingKey::Id> out;
  for (const RecordingPlace& place : all) {
    TRY(const auto file, RecordingFile::open(place.file));
    for (const media::KeySlot& slot : file.head().slots)
      if (slot.state == media::KeySlot::State::key) out.push_back(slot.site_key);
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

}  // namespace ringwall::runtime
