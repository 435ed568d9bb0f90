#include "desktop/control_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ringwall::desktop {
namespace {

/// 0: somebody listens; otherwise the errno of the attempt to connect.
int try_connect(const std::filesystem::path& path) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int failed = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int trouble = failed == 0 ? 0 : errno;
  ::close(probe);
  return trouble == EAGAIN ? 0 : trouble;  // EAGAIN: a listener with a full backlog
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail(fmt::format("cannot open the lock file: {}", std::strerror(errno)), path.string());
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return FileLock(file);
  const int trouble = errno;
  ::close(file);
  if (trouble != EWOULDBLOCK) return fail(fmt::format("cannot lock: {}", std::strerror(trouble)), path.string());
  return fail("a site already runs in this folder", path.parent_path().string(),
              "stop it first, or use another --site");
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

Result<> check_socket_path(const std::filesystem::path& socket) {
  if (socket.native().size() < sizeof(sockaddr_un::sun_path)) return {};
  return fail(fmt::format("the path of the control socket is longer than {} bytes", sizeof(sockaddr_un::sun_path) - 1),
              socket.string(), "move the site to a folder with a shorter path, or give --site a relative one");
}

Result<> clear_socket_path(const std::filesystem::path& socket) {
  TRY_VOID(check_socket_path(socket));
  struct stat found{};
  if (::lstat(socket.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return fail(fmt::format("cannot look at the control socket: {}", std::strerror(errno)), socket.string());
  }
  if (!S_ISSOCK(found.st_mode)) {
    return fail("a file that is no socket stands where the control socket must be", socket.string(), "remove it");
  }
  const int trouble = try_connect(socket);
  if (trouble == 0) {
    return fail("a site already runs in this folder", socket.string(), "stop it first, or use another --site");
  }
  if (trouble != ECONNREFUSED) {
    return fail(fmt::format("cannot tell whether the control socket is in use: {}", std::strerror(trouble)),
                socket.string());
  }
  if (::unlink(socket.c_str()) != 0 && errno != ENOENT) {
    return fail(fmt::format("cannot remove the stale control socket: {}", std::strerror(errno)), socket.string());
  }
  return {};
}

}  // namespace ringwall::desktop
