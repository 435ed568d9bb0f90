#include "crypto/dtls_context.h"

#include <openssl/ssl.h>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/certificate_builder.h"
#include "crypto/dtls_session_impl.h"
#include "crypto/openssl_ptr.h"
#include "crypto/random.h"

namespace ringwall::crypto {
namespace {

/// Forward secrecy and AEAD only (RFC 9325 section 4.2).
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr std::chrono::days lifetime{365}, earlier{1};  // clocks differ

/// One handshake, no resumption, no renegotiation: a new association is asked for in the signalling (RFC 8842).
void set_rules(SSL_CTX* context) {
  CHECK(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_cipher_list(context, ciphers) == 1);
  CHECK(SSL_CTX_set1_groups_list(context, groups) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_NO_QUERY_MTU | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, limits::dtls_record_bytes);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &DtlsSession::Callbacks::verify_certificate, nullptr);
  SSL_CTX_set_cookie_verify_cb(context, &DtlsSession::Callbacks::verify_cookie);
  SSL_CTX_set_info_callback(context, &DtlsSession::Callbacks::note);
}

}  // namespace

DtlsContext::DtlsContext(Certificate certificate, ssl_ctx_st* context)
    : certificate_(std::move(certificate)), cookie_secret_(random_key(32)), context_(context) {}

DtlsContext::~DtlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<const DtlsContext>> DtlsContext::create(const Certificate& certificate, const PrivateKey& key) {
  OpensslPtr<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(DTLS_method()));
  CHECK(context != nullptr);
  set_rules(context.get());
  if (SSL_CTX_use_certificate(context.get(), certificate.native()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.native()) != 1 || SSL_CTX_check_private_key(context.get()) != 1)
    return fail("the certificate cannot be used for DTLS: " + take_openssl_reasons());
  return std::shared_ptr<const DtlsContext>(new DtlsContext(certificate, context.release()));
}

std::shared_ptr<const DtlsContext> DtlsContext::self_signed(WallTime now) {
  const auto key = PrivateKey::generate(KeyType::p256);
  CHECK(key.has_value());
  CertificateTemplate wanted;
  wanted.common_name = fmt::format("{:016x}", random_u64());
  wanted.server_auth = wanted.client_auth = true;
  wanted.not_before = now - earlier;
  wanted.not_after = now + lifetime;
  const auto certificate = self_sign_certificate(wanted, *key);
  CHECK(certificate.has_value());
  auto made = create(*certificate, *key);
  CHECK(made.has_value());
  return std::move(*made);
}

}  // namespace ringwall::crypto
