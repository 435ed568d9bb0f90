#pragma once

#include <openssl/ssl.h>

#include <deque>

#include "crypto/dtls_cookie.h"
#include "crypto/dtls_session.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {

/// What OpenSSL calls, all through the SSL's application data.
struct DtlsSession::Callbacks {
  static int verify_certificate(X509_STORE_CTX* store, void* unused);
  static int verify_cookie(SSL* ssl, const unsigned char* cookie, unsigned size);
  static void note(const SSL* ssl, int where, int value);
  // A BIO that keeps datagrams apart
  static int read(BIO* bio, char* out, int size);
  static int write(BIO* bio, const char* data, int size);
  static long control(BIO* bio, int command, long number, void* pointer);
  static const BIO_METHOD* method();
};

struct DtlsSession::Impl {
  Impl(std::shared_ptr<const DtlsContext> shared, DtlsOptions wanted, Time now, Bytes shown_cookie);

  void listen();
  void shake_hands();
  void finish();
  void read_on();
  void fail(std::string why);
  [[nodiscard]] std::string explain(int result) const;

  std::shared_ptr<const DtlsContext> context;
  DtlsOptions options;
  Buffer cookie;
  Time deadline;
  OpensslPtr<SSL, SSL_free> ssl;
  bool listening = false;  // the hello that shows the cookie has not been read yet
  State state = State::handshaking;
  bool wrong_certificate = false, closed = false;
  std::string why, alert;
  std::string shown_certificate;  // its fingerprint, if it was the wrong one
  std::optional<DtlsKeys> keys;
  std::size_t datagrams = 0;
  Bytes incoming;  // the one datagram that is being received
  std::deque<Buffer> outgoing;
};

}  // namespace ringwall::crypto
