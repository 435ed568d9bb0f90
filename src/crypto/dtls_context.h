#pragma once

#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

struct ssl_ctx_st;

namespace ringwall::crypto {

/// What all DTLS associations of a process have in common: one certificate with its key, the ciphers, and the secret of
/// the cookies. Shared by threads and never changed.
class DtlsContext {
 public:
  /// With a certificate that others may check as well.
  static Result<std::shared_ptr<const DtlsContext>> create(const Certificate& certificate, const PrivateKey& key);
  /// With a fresh P-256 key and a certificate that says nothing: peers know it by its fingerprint alone (RFC 5763
  /// section 3).
  static std::shared_ptr<const DtlsContext> self_signed(WallTime now);

  ~DtlsContext();
  DtlsContext(const DtlsContext&) = delete;

  [[nodiscard]] const Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const Secret& cookie_secret() const { return cookie_secret_; }
  /// For crypto/: stays owned by this object.
  [[nodiscard]] ssl_ctx_st* native() const { return context_; }

 private:
  DtlsContext(Certificate certificate, ssl_ctx_st* context);
  Certificate certificate_;
  Secret cookie_secret_;
  ssl_ctx_st* context_;
};

}  // namespace ringwall::crypto
