#include "pki/recording_keys.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/random.h"
#include "pki/atomic_file.h"
#include "pki/file_handle.h"

namespace ringwall::pki {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t key_file_limit = 1'024;

Result<FileLock> lock_keys(const fs::path& folder) {
  TRY_VOID(make_private_folder(folder));
  return FileLock::take(folder / "lock");
}

Result<RecordingKeys::Id> parse_id(std::string_view text, const fs::path& where) {
  const auto bytes = parse_hex(text);
  RecordingKeys::Id id;
  if (!bytes || bytes->size() != id.size())
    return fail("this is not the name of a key", where.string(), "take the file from a backup");
  std::ranges::copy(*bytes, id.begin());
  return id;
}

Result<RecordingKeys::Id> read_current(const fs::path& folder) {
  std::error_code trouble;
  if (!fs::exists(folder / "current", trouble))
    return fail("the site has no key for recordings", folder.string(),
                "make one with 'ringwall recording rotate-keys'");
  TRY(const std::string text, read_file(folder / "current", key_file_limit));
  return parse_id(trim(text), folder / "current");
}

Result<Secret> read_key(const fs::path& file) {
  struct stat facts{};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
    return fail("other users may read this key", file.string(), "chmod 600 it, and rotate the keys");
  TRY(auto key, read_secret_file(file, key_file_limit));
  if (key.size() != crypto::WrappingKey::bytes)
    return fail(fmt::format("the key has {} bytes; {} are needed", key.size(), crypto::WrappingKey::bytes),
                file.string(), "take the file from a backup");
  return std::move(key);
}

/// The file's blocks are overwritten before its name goes. What a file system or a disk keeps of them elsewhere is
/// beyond our reach.
Result<> destroy_file(const fs::path& file) {
  const FileHandle handle(file, O_WRONLY);
  const Buffer zeros(crypto::WrappingKey::bytes);
  if (!handle.open() || !write_all(handle.number(), zeros) || ::fsync(handle.number()) != 0 ||
      ::unlink(file.c_str()) != 0)
    return system_failure("destroy the key", file);
  return sync_folder(file.parent_path());
}

}  // namespace

fs::path RecordingKeys::file_of(const Id& id) const {
  return folder_ / (print_hex(id) + ".key");
}

Result<RecordingKeys::Id> RecordingKeys::make() const {
  TRY(const auto lock, lock_keys(folder_));
  TRY(const auto present, list());
  if (present.size() >= limits::recording_site_keys)
    return fail(fmt::format("there are {} keys, which is the limit", present.size()), folder_.string(),
                "destroy those that no recording needs: ringwall recording rotate-keys --destroy-old");
  Id id;
  crypto::random_bytes(id);
  TRY_VOID(write_file(file_of(id), crypto::random_key(crypto::WrappingKey::bytes).reveal(), private_mode));
  TRY_VOID(write_file(folder_ / "current", as_bytes(print_hex(id) + "\n"), private_mode));
  return id;
}

Result<> RecordingKeys::make_first() const {
  if (any()) return {};
  TRY_VOID(make());
  return {};
}

bool RecordingKeys::any() const {
  std::error_code trouble;
  return fs::exists(folder_ / "current", trouble);
}

Result<crypto::WrappingKey> RecordingKeys::current() const {
  TRY(const Id id, read_current(folder_));
  TRY(auto key, find(id));
  return crypto::WrappingKey{id, std::move(key)};
}

Result<> RecordingKeys::with_current(const std::function<Result<>(const crypto::WrappingKey&)>& use) const {
  TRY(const auto lock, lock_keys(folder_));
  TRY(const auto key, current());
  return use(key);
}

Result<Secret> RecordingKeys::find(const Id& id) const {
  return read_key(file_of(id));
}

Result<std::vector<RecordingKeys::Id>> RecordingKeys::list() const {
  std::vector<Id> out;
  std::error_code trouble;
  for (fs::directory_iterator at(folder_, trouble), end; !trouble && at != end; at.increment(trouble)) {
    if (at->path().extension() != ".key") continue;
    if (const auto id = parse_id(at->path().stem().string(), at->path())) out.push_back(*id);
  }
  if (trouble) return fail("cannot read the folder: " + trouble.message(), folder_.string());
  std::ranges::sort(out);
  return out;
}

Result<std::vector<RecordingKeys::Id>> RecordingKeys::destroy_others(
    const std::function<Result<std::vector<Id>>()>& needed) const {
  TRY(const auto lock, lock_keys(folder_));
  TRY(const Id current_id, read_current(folder_));
  TRY(const auto keep, needed());
  TRY(const auto present, list());
  std::vector<Id> gone;
  for (const Id& id : present) {
    if (id == current_id || std::ranges::find(keep, id) != keep.end()) continue;
    TRY_VOID(destroy_file(file_of(id)));
    gone.push_back(id);
  }
  return gone;
}

}  // namespace ringwall::pki
