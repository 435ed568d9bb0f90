#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

/// Files that are whole at every moment: a reader, or a start after a power cut, finds the old content or the new one.
namespace ringwall::pki {

inline constexpr mode_t private_mode = 0600;  ///< keys
inline constexpr mode_t public_mode = 0644;   ///< certificates

/// Writes beside `path`, syncs, then renames over it and syncs the folder. The file has exactly `mode`, whatever the
/// umask.
Result<void> write_file(const std::filesystem::path& path, Bytes content, mode_t mode);

/// The whole file, refused above `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);
/// The same for a file with a key in it.
Result<Secret> read_secret_file(const std::filesystem::path& path, std::size_t limit);

/// Makes the folder and what is missing above it, all with mode 0700. A folder that is there is left as it is.
Result<void> make_private_folder(const std::filesystem::path& path);

/// Makes the names in a folder last.
Result<void> sync_folder(const std::filesystem::path& path);

/// Holds an exclusive lock on a file (made if missing) as long as it lives; other processes wait.
class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

}  // namespace ringwall::pki
