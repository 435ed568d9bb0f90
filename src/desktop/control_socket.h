#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"

namespace ringwall::desktop {

/// A locked file: at most one process at a time has it, and the kernel lets go of it when the process dies, however.
class FileLock {
 public:
  /// Fails if another process (or another FileLock of this one) holds the lock.
  [[nodiscard]] static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

/// Makes sure that `socket` can be bound: its folder is there, nobody listens on it, no stale file is in the way. Fails
/// if a process listens, if the file is no socket, or if the path is too long for a socket address.
[[nodiscard]] Result<> clear_socket_path(const std::filesystem::path& socket);

/// Whether the path fits a sockaddr_un (107 bytes).
[[nodiscard]] Result<> check_socket_path(const std::filesystem::path& socket);

}  // namespace ringwall::desktop
