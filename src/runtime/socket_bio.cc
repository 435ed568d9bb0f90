#include "runtime/socket_bio.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace ringwall::runtime {

/// What the last recv of this thread brought, and for whom.
struct SocketBio::Shared {
  SocketBio* owner = nullptr;
  std::size_t at = 0, end = 0;
  std::array<char, 32'768> bytes;
};

SocketBio::Shared& SocketBio::shared() {
  static thread_local Shared one;
  return one;
}

const BIO_METHOD* SocketBio::method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "ringwall socket");
    CHECK(out != nullptr);
    BIO_meth_set_read(out, &SocketBio::read);
    BIO_meth_set_write(out, &SocketBio::write);
    BIO_meth_set_ctrl(out, &SocketBio::control);
    return out;
  }();
  return made;
}

SocketBio::SocketBio(int socket) : socket_(socket), bio_(BIO_new(method())) {
  CHECK(bio_ != nullptr);
  BIO_set_data(bio_, this);
  BIO_set_init(bio_, 1);
}

SocketBio::~SocketBio() {
  if (shared().owner == this) shared().owner = nullptr;
}

bool SocketBio::take_drained() {
  const Shared& buffer = shared();
  if (!drained_ || kept_ || (buffer.owner == this && buffer.at < buffer.end)) return false;
  drained_ = false;
  return true;
}

/// One recv into the shared buffer. False: nothing came, and errno says why; 0 at the end of the stream.
bool SocketBio::fill() {
  Shared& buffer = shared();
  if (buffer.owner != nullptr && buffer.at < buffer.end) {
    SocketBio& other = *buffer.owner;
    other.kept_ = std::make_unique_for_overwrite<char[]>(buffer.end - buffer.at);
    other.kept_at_ = 0;
    other.kept_end_ = buffer.end - buffer.at;
    std::memcpy(other.kept_.get(), buffer.bytes.data() + buffer.at, other.kept_end_);
  }
  buffer.owner = nullptr;
  if (drained_) {
    // Said once: the caller waits for the socket now.
    drained_ = false;
    errno = EAGAIN;
    return false;
  }
  const auto count = ::recv(socket_, buffer.bytes.data(), buffer.bytes.size(), MSG_DONTWAIT);
  if (count <= 0) {
    ended_ = count == 0;
    if (ended_) errno = 0;
    return false;
  }
  drained_ = static_cast<std::size_t>(count) < buffer.bytes.size();
  buffer.owner = this;
  buffer.at = 0;
  buffer.end = static_cast<std::size_t>(count);
  return true;
}

int SocketBio::take(char* out, int size) {
  if (kept_) {
    const std::size_t count = std::min(static_cast<std::size_t>(size), kept_end_ - kept_at_);
    std::memcpy(out, kept_.get() + kept_at_, count);
    kept_at_ += count;
    if (kept_at_ == kept_end_) kept_.reset();
    return static_cast<int>(count);
  }
  Shared& buffer = shared();
  if ((buffer.owner != this || buffer.at == buffer.end) && !fill()) return ended_ ? 0 : -1;
  const std::size_t count = std::min(static_cast<std::size_t>(size), buffer.end - buffer.at);
  std::memcpy(out, buffer.bytes.data() + buffer.at, count);
  buffer.at += count;
  return static_cast<int>(count);
}

int SocketBio::read(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  const int count = static_cast<SocketBio*>(BIO_get_data(bio))->take(out, size);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return count;
}

int SocketBio::write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto* self = static_cast<const SocketBio*>(BIO_get_data(bio));
  const auto count = ::send(self->socket_, bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

long SocketBio::control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return static_cast<const SocketBio*>(BIO_get_data(bio))->ended_ ? 1 : 0;
    default:
      return 0;
  }
}

}  // namespace ringwall::runtime
