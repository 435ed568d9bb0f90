#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/key.h"

struct x509_st;  // OpenSSL's X509

namespace ringwall::crypto {

/// What a certificate says, read once. Names with characters that no name may have are left out (they must never
/// match).
struct CertificateFacts {
  std::string subject;  ///< RFC 2253 form: "CN=edge.ringwall.test,O=Example"
  std::string issuer;
  std::string common_name;  ///< empty if there is none, or more than one
  std::string serial;       ///< lower-case hex, two digits a byte: "0a1b2c"
  WallTime not_before{}, not_after{};
  bool has_names = false;              ///< there is a subjectAltName extension, even an empty or broken one
  std::vector<std::string> dns_names;  ///< lower case; wildcards are kept here and never match
  std::vector<std::string> uri_names;
  std::vector<std::string> ip_names;  ///< "192.0.2.1", "2001:db8::1"
  std::vector<std::string> purposes;  ///< extended key usages: "serverAuth", "clientAuth", or the dotted number
  bool is_ca = false;
  std::optional<unsigned> path_length;
  std::string key_type;                          ///< "EC P-256", "RSA 2048", "Ed25519"
  std::string signature_type;                    ///< "ecdsa-with-SHA256"
  std::string subject_key_id, authority_key_id;  ///< lower-case hex, or empty
  std::string fingerprint;                       ///< SHA-256 of the DER, lower-case hex without colons
};

/// An X.509 certificate. Copies share one object, which is never changed.
class Certificate {
 public:
  /// One certificate and nothing after it. `where` names the source in errors.
  static Result<Certificate> from_der(Bytes der, std::string where = {});
  /// The first certificate of a PEM text; other PEM blocks are passed over.
  static Result<Certificate> from_pem(std::string_view pem, std::string where = {});
  /// Takes a share of a certificate that OpenSSL holds (the peer's, in a handshake).
  static Result<Certificate> from_native(x509_st* certificate, std::string where = {});

  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Buffer der() const;

  [[nodiscard]] const CertificateFacts& facts() const { return *facts_; }
  [[nodiscard]] const std::string& subject() const { return facts_->subject; }
  [[nodiscard]] const std::string& issuer() const { return facts_->issuer; }
  [[nodiscard]] const std::string& serial() const { return facts_->serial; }
  [[nodiscard]] WallTime not_before() const { return facts_->not_before; }
  [[nodiscard]] WallTime not_after() const { return facts_->not_after; }  ///< refused from this second on
  [[nodiscard]] const std::string& sha256_fingerprint() const { return facts_->fingerprint; }

  /// The SIP domains that this certificate speaks for, lower case (RFC 5922 section 7.1): hosts of "sip:" URIs without
  /// a user part; if there is none, the DNS names; the common name only if there is no subjectAltName at all. Wildcards
  /// are never among them.
  [[nodiscard]] std::vector<std::string> sip_identities() const;
  /// Whether `domain` is among sip_identities(), without regard to case (RFC 5922 section 7.2).
  [[nodiscard]] bool identifies(std::string_view domain) const;

  [[nodiscard]] bool belongs_to(const PrivateKey& key) const;
  /// Whether `signature` over `message` was made by this certificate's key (the counterpart of PrivateKey::sign).
  [[nodiscard]] bool verify(Bytes message, Bytes signature) const;

  /// For crypto/ and runtime/: stays owned by this object.
  [[nodiscard]] x509_st* native() const { return certificate_.get(); }
  friend bool operator==(const Certificate& a, const Certificate& b) {
    return a.sha256_fingerprint() == b.sha256_fingerprint();
  }

 private:
  Certificate(std::shared_ptr<x509_st> certificate, std::shared_ptr<const CertificateFacts> facts)
      : certificate_(std::move(certificate)), facts_(std::move(facts)) {}
  std::shared_ptr<x509_st> certificate_;
  std::shared_ptr<const CertificateFacts> facts_;
};

/// Every certificate of a PEM text in its order: a chain (leaf first) or a bundle of anchors. At least one, at most
/// limits::certificates_per_file.
Result<std::vector<Certificate>> read_certificates(std::string_view pem, std::string where = {});

/// The certificates one after the other, as a server wants its chain file.
std::string print_pem(const std::vector<Certificate>& certificates);

}  // namespace ringwall::crypto
