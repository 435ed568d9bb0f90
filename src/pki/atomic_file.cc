#include "pki/atomic_file.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "base/text.h"
#include "crypto/random.h"
#include "pki/file_handle.h"

namespace ringwall::pki {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::filesystem::path beside(const std::filesystem::path& path) {
  std::uint8_t salt[8];
  crypto::random_bytes(salt);
  return folder_of(path) / fmt::format(".{}.{}.tmp", path.filename().string(), print_hex(salt));
}

Result<void> fill(const std::filesystem::path& path, Bytes content, mode_t mode) {
  const FileHandle file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, private_mode);
  if (!file.open()) return system_failure("make a file", path);
  if (::fchmod(file.number(), mode) != 0) return system_failure("set the mode", path);
  if (!write_all(file.number(), content)) return system_failure("write", path);
  if (::fsync(file.number()) != 0) return system_failure("write to the disk", path);
  return {};
}

Result<Buffer> read_bytes(const std::filesystem::path& path, std::size_t limit) {
  const FileHandle file(path, O_RDONLY);
  struct stat facts{};
  if (!file.open() || ::fstat(file.number(), &facts) != 0) return system_failure("read", path);
  if (!S_ISREG(facts.st_mode)) return fail("this is not a file", path.string(), "name a file");
  if (static_cast<std::size_t>(facts.st_size) > limit)
    return fail(fmt::format("the file is larger than {} bytes", limit), path.string(),
                "check that it is the right file");
  Buffer content(static_cast<std::size_t>(facts.st_size));
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(file.number(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("read", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  content.resize(have);
  return content;
}

}  // namespace

Result<void> write_file(const std::filesystem::path& path, Bytes content, mode_t mode) {
  const auto fresh = beside(path);
  if (auto filled = fill(fresh, content, mode); !filled) {
    ::unlink(fresh.c_str());
    return filled;
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    auto failure = system_failure("put the new file in place", path);
    ::unlink(fresh.c_str());
    return failure;
  }
  return sync_folder(folder_of(path));
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  TRY(const auto content, read_bytes(path, limit));
  return std::string(as_text(content));
}

Result<Secret> read_secret_file(const std::filesystem::path& path, std::size_t limit) {
  TRY(auto content, read_bytes(path, limit));
  return Secret(std::move(content));
}

Result<void> make_private_folder(const std::filesystem::path& path) {
  std::error_code trouble;
  if (std::filesystem::is_directory(path, trouble)) return {};
  if (path.has_parent_path() && path.parent_path() != path) TRY_VOID(make_private_folder(path.parent_path()));
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_failure("make a folder", path);
  if (!std::filesystem::is_directory(path, trouble))
    return fail("this is not a folder", path.string(), "name a folder");
  if (::chmod(path.c_str(), 0700) != 0) return system_failure("set the mode", path);
  return sync_folder(folder_of(path));
}

Result<void> sync_folder(const std::filesystem::path& path) {
  const FileHandle folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.open() || ::fsync(folder.number()) != 0) return system_failure("write to the disk", path);
  return {};
}

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  FileHandle file(path, O_RDWR | O_CREAT, private_mode);
  if (!file.open()) return system_failure("open the lock", path);
  while (::flock(file.number(), LOCK_EX) != 0)
    if (errno != EINTR) return system_failure("take the lock", path);
  return FileLock(file.release());
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);  // gives the lock back
}

}  // namespace ringwall::pki
