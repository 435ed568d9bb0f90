#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace ringwall::crypto {

/// What a certificate shall say. Its serial number is always random (126 bits), its key identifiers follow from the
/// keys.
struct CertificateTemplate {
  std::string common_name;   ///< at most 64 characters (RFC 5280 appendix A); may be empty if there are other names
  std::string organization;  ///< at most 64 characters; may be empty
  std::vector<std::string> dns_names, uri_names, ip_names;
  bool server_auth = false, client_auth = false;  ///< extended key usages
  bool is_ca = false;
  std::optional<unsigned> path_length;  ///< how many CAs may stand below this one; only for a CA
  WallTime not_before{}, not_after{};
};

/// A CA that signs.
struct Issuer {
  Certificate certificate;
  PrivateKey key;
};

/// A certificate for `subject_key`, signed by `issuer` (X.509 v3 as RFC 5280 section 4.2 wants it, strictly). It may
/// outlive its issuer only at the caller's peril.
Result<Certificate> issue_certificate(const CertificateTemplate& wanted, const PrivateKey& subject_key,
                                      const Issuer& issuer);
/// A root.
Result<Certificate> self_sign_certificate(const CertificateTemplate& wanted, const PrivateKey& key);

}  // namespace ringwall::crypto
