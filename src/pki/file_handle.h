#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace ringwall::pki {

/// An open file, closed when it goes. For the files of pki/ alone.
class FileHandle {
 public:
  FileHandle(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : file_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  FileHandle(FileHandle&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileHandle& operator=(FileHandle&&) = delete;
  ~FileHandle() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool open() const { return file_ >= 0; }
  [[nodiscard]] int number() const { return file_; }
  [[nodiscard]] int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

/// The reason of the last failed system call, at `path`.
[[nodiscard]] inline std::unexpected<Error> system_failure(const char* doing, const std::filesystem::path& path) {
  const int reason = errno;
  const char* mend = "";
  if (reason == EACCES || reason == EPERM) mend = "run as the user who owns the site folder, or give that user access";
  if (reason == ENOENT) mend = "check the path";
  if (reason == ENOSPC || reason == EDQUOT) mend = "make room on the disk";
  if (reason == EROFS) mend = "the file system is mounted read-only";
  return fail(fmt::format("cannot {}: {}", doing, std::strerror(reason)), path.string(), mend);
}

/// write(2) until all is written.
inline bool write_all(int file, Bytes content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace ringwall::pki
