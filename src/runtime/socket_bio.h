#pragma once

#include <openssl/bio.h>

#include <memory>

namespace ringwall::runtime {

/// The bytes between OpenSSL and one socket.
///
/// OpenSSL asks for a record's five bytes of header and then for the rest, and each would be a system call. All sockets
/// of a thread share one buffer instead: one recv fills it with whatever is there, and OpenSSL takes its pieces from
/// it. What a connection has not taken when another one needs the buffer is kept for it.
class SocketBio {
 public:
  /// The socket stays the caller's and must outlive this.
  explicit SocketBio(int socket);
  ~SocketBio();
  SocketBio(const SocketBio&) = delete;

  /// True if a read would find nothing and say so: what the last recv brought is used up, and there was no more.
  /// Resets it, as such a read does.
  bool take_drained();

  /// Owned by the SSL that it is given to; must not be used after this object is gone.
  [[nodiscard]] BIO* native() const { return bio_; }

 private:
  struct Shared;
  static Shared& shared();
  static const BIO_METHOD* method();
  static int read(BIO* bio, char* out, int size);
  static int write(BIO* bio, const char* bytes, int size);
  static long control(BIO* bio, int command, long number, void* pointer);

  int take(char* out, int size);
  bool fill();

  int socket_;
  BIO* bio_;
  bool drained_ = false;  ///< the last recv left room in the buffer: there is nothing more at present
  bool ended_ = false;    ///< the peer has closed its side
  std::unique_ptr<char[]> kept_;
  std::size_t kept_at_ = 0, kept_end_ = 0;
};

}  // namespace ringwall::runtime
