#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "runtime/handshake_failure.h"
#include "runtime/socket_bio.h"
#include "runtime/tls_context_impl.h"
#include "sip/transport/flow.h"

namespace ringwall::runtime {

enum class IoStatus : std::uint8_t {
  done,       ///< some bytes moved, or the handshake ended
  want_read,  ///< wait until the socket is readable, then call again
  want_write,
  closed,  ///< the peer ended the connection in order
  failed,
};

struct Io {
  IoStatus status = IoStatus::failed;
  std::size_t count = 0;
};

/// What is said of a failed handshake.
struct HandshakeVerdict {
  HandshakeReason reason = HandshakeReason::other;
  std::string sentence;
};

/// TLS over one non-blocking socket, which stays the caller's. Bytes pass a buffer that all connections share
/// (SocketBio), and an idle connection holds no record buffers (SSL_MODE_RELEASE_BUFFERS).
class TlsChannel {
 public:
  TlsChannel(int socket, std::shared_ptr<TlsServerContext> context);
  /// `remote` finds an earlier session to resume.
  TlsChannel(int socket, std::shared_ptr<TlsClientContext> context, NetAddress remote);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;

  /// done: verified, and take_facts() gives what was proved. failed: verdict() says why.
  IoStatus handshake();
  /// Decrypted bytes. failed with a verdict() not empty: the peer refused our certificate after a TLS 1.3 handshake.
  Io read(MutableBytes out);
  Io write(std::string_view bytes);
  void send_close_notify();

  /// Once. A client's channel keeps them for the sessions that come later.
  [[nodiscard]] sip::TlsFacts take_facts() { return client_ ? facts_ : std::exchange(facts_, {}); }
  [[nodiscard]] const HandshakeVerdict& verdict() const { return verdict_; }
  /// A client's: an earlier session was offered, which the server may not want.
  [[nodiscard]] bool offered_session() const { return offered_session_; }
  [[nodiscard]] const std::shared_ptr<TlsClientContext>& client() const { return client_; }
  /// The verdict on a handshake that took longer than `limit`.
  [[nodiscard]] HandshakeVerdict timed_out(Duration limit) const;
  /// "RSA", "ECDSA", "Ed25519": the key of the certificate that the server showed.
  [[nodiscard]] std::string certificate_kind() const;

 private:
  void attach(int socket, SSL_CTX* context);
  bool refuse_clear_text();
  IoStatus judge_failure(int result);
  bool accept_facts();
  void fill_peer(const crypto::Certificate& peer);
  void keep_session();

  std::shared_ptr<TlsServerContext> server_;
  std::shared_ptr<TlsClientContext> client_;
  NetAddress remote_;
  HandshakeWatch watch_;
  std::optional<SocketBio> bio_;  ///< before ssl_, which uses it to its end
  SslPtr ssl_;
  int socket_ = -1;
  bool first_bytes_seen_ = false;
  bool established_ = false;
  bool anything_read_ = false;
  bool offered_session_ = false;
  sip::TlsFacts facts_;
  HandshakeVerdict verdict_;
};

/// What the end of a handshake looked like, for explain_handshake().
struct HandshakeEnd {
  const HandshakeWatch& watch;
  const TlsFace& own;          ///< the certificate that this side shows
  std::string minimum;         ///< "TLS 1.2"
  TlsBounds bounds;            ///< what we allowed
  unsigned long error = 0;     ///< OpenSSL's, 0 if there is none
  bool end_of_stream = false;  ///< the peer closed or reset the connection
  const SSL* ssl = nullptr;
};
HandshakeVerdict explain_handshake(const HandshakeEnd& end);

/// The verdict on the first bytes from a peer if they are no TLS record; nothing if they may be TLS.
std::optional<HandshakeVerdict> judge_first_bytes(Bytes bytes, bool we_are_server);

}  // namespace ringwall::runtime
