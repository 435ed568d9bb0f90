// What OpenSSL asks of a DTLS association, and the BIO that keeps its datagrams apart.
#include <algorithm>

#include "base/check.h"
#include "crypto/constant_time.h"
#include "crypto/dtls_session_impl.h"

namespace ringwall::crypto {
namespace {

constexpr std::size_t most_waiting = 32;  // datagrams that nobody has polled for

}  // namespace

/// Stands in for the check of a chain: the signalling vouches for this one certificate (RFC 5763 section 5).
int DtlsSession::Callbacks::verify_certificate(X509_STORE_CTX* store, void* unused) {
  (void)unused;
  const auto* const ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<Impl*>(SSL_get_app_data(ssl));
  const auto shown = Certificate::from_native(X509_STORE_CTX_get0_cert(store), "the peer's DTLS certificate");
  if (shown && matches_fingerprint(*shown, self.options.peer)) return 1;
  self.wrong_certificate = true;
  self.shown_certificate = shown ? describe_fingerprint(*shown) : "unreadable";
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

/// The cookie was held against the address before this association was made; here it need only be the same.
int DtlsSession::Callbacks::verify_cookie(SSL* ssl, const unsigned char* cookie, unsigned size) {
  const auto& self = *static_cast<const Impl*>(SSL_get_app_data(ssl));
  return !self.cookie.empty() && equal(self.cookie, Bytes(cookie, size)) ? 1 : 0;
}

void DtlsSession::Callbacks::note(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  static_cast<Impl*>(SSL_get_app_data(ssl))->alert = SSL_alert_desc_string_long(value);
}

int DtlsSession::Callbacks::read(BIO* bio, char* out, int size) {
  auto& self = *static_cast<Impl*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.incoming.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(self.incoming.size(), static_cast<std::size_t>(std::max(size, 0)));
  std::copy_n(self.incoming.begin(), count, reinterpret_cast<std::uint8_t*>(out));
  self.incoming = {};  // what does not fit is lost, as with a socket
  return static_cast<int>(count);
}

int DtlsSession::Callbacks::write(BIO* bio, const char* data, int size) {
  auto& self = *static_cast<Impl*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.outgoing.size() < most_waiting)  // beyond: lost, as on the way
    self.outgoing.push_back(
        to_buffer(Bytes(reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size))));
  return size;
}

long DtlsSession::Callbacks::control(BIO* bio, int command, long number, void* pointer) {
  (void)number;
  (void)pointer;
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_PENDING:
      return static_cast<long>(static_cast<const Impl*>(BIO_get_data(bio))->incoming.size());
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return static_cast<long>(mtu);
    default:
      return 0;
  }
}

const BIO_METHOD* DtlsSession::Callbacks::method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* const out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ringwall datagrams");
    CHECK(out != nullptr);
    BIO_meth_set_read(out, &Callbacks::read);
    BIO_meth_set_write(out, &Callbacks::write);
    BIO_meth_set_ctrl(out, &Callbacks::control);
    return out;
  }();
  return made;
}

}  // namespace ringwall::crypto
