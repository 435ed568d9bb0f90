#include "crypto/certificate_builder.h"

#include "base/check.h"
#include "crypto/key_type.h"
#include "crypto/openssl_ptr.h"
#include "crypto/random.h"

namespace ringwall::crypto {
namespace {

constexpr int key_usage_digital_signature = 0, key_usage_key_encipherment = 2, key_usage_cert_sign = 5,
              key_usage_crl_sign = 6;  // bit numbers of RFC 5280 section 4.2.1.3

using BitStringPtr = OpensslPtr<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using OctetStringPtr = OpensslPtr<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using ConstraintsPtr = OpensslPtr<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using AuthorityIdPtr = OpensslPtr<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using GeneralNamePtr = OpensslPtr<GENERAL_NAME, GENERAL_NAME_free>;

void add_extension(X509* certificate, int nid, void* value, bool critical) {
  CHECK(X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_APPEND) == 1);
}

Result<void> add_subject_part(X509_NAME* name, const char* field, const std::string& text) {
  if (text.empty()) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, static_cast<int>(text.size()), -1, 0) != 1)
    return fail(fmt::format("'{}' cannot be the {} of a certificate: {}", text, field, take_openssl_reasons()), {},
                "use at most 64 characters");
  return {};
}

void set_serial(X509* certificate) {
  std::uint8_t bytes[16];
  random_bytes(bytes);
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x3f) | 0x40);  // positive, and always of the same length
  const BignumPtr number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

Result<void> set_dates(X509* certificate, const CertificateTemplate& wanted) {
  if (wanted.not_after <= wanted.not_before) return fail("a certificate must end after it begins");
  CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate), wanted.not_before.time_since_epoch().count()) != nullptr);
  CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate), wanted.not_after.time_since_epoch().count()) != nullptr);
  return {};
}

void add_constraints(X509* certificate, const CertificateTemplate& wanted) {
  const ConstraintsPtr constraints(BASIC_CONSTRAINTS_new());
  CHECK(constraints != nullptr);
  constraints->ca = wanted.is_ca ? 0xff : 0;
  if (wanted.is_ca && wanted.path_length) {
    constraints->pathlen = ASN1_INTEGER_new();
    CHECK(constraints->pathlen != nullptr && ASN1_INTEGER_set(constraints->pathlen, *wanted.path_length) == 1);
  }
  add_extension(certificate, NID_basic_constraints, constraints.get(), true);
}

void add_usages(X509* certificate, const CertificateTemplate& wanted, const PrivateKey& key) {
  const BitStringPtr usage(ASN1_BIT_STRING_new());
  CHECK(usage != nullptr);
  const auto set = [&](int bit) { CHECK(ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) == 1); };
  if (wanted.is_ca) {
    set(key_usage_cert_sign);
    set(key_usage_crl_sign);
  } else {
    set(key_usage_digital_signature);
    // Old phones still use TLS_RSA_* suites, in which the client enciphers the secret for the server's key.
    if (EVP_PKEY_get_base_id(key.native()) == EVP_PKEY_RSA) set(key_usage_key_encipherment);
  }
  add_extension(certificate, NID_key_usage, usage.get(), true);
}

void add_purposes(X509* certificate, const CertificateTemplate& wanted) {
  using PurposesPtr = OpensslPtr<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
  const PurposesPtr purposes(EXTENDED_KEY_USAGE_new());
  CHECK(purposes != nullptr);
  if (wanted.server_auth) sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_server_auth));
  if (wanted.client_auth) sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_client_auth));
  if (sk_ASN1_OBJECT_num(purposes.get()) > 0) add_extension(certificate, NID_ext_key_usage, purposes.get(), false);
}

void push_name(GENERAL_NAMES* names, int kind, void* value) {
  GeneralNamePtr name(GENERAL_NAME_new());
  CHECK(name && value != nullptr);
  GENERAL_NAME_set0_value(name.get(), kind, value);
  CHECK(sk_GENERAL_NAME_push(names, name.release()) > 0);
}

void push_text(GENERAL_NAMES* names, int kind, const std::string& text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  CHECK(value != nullptr && ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1);
  push_name(names, kind, value);
}

Result<void> add_names(X509* certificate, const CertificateTemplate& wanted) {
  if (wanted.dns_names.empty() && wanted.uri_names.empty() && wanted.ip_names.empty()) return {};
  const GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  CHECK(names != nullptr);
  for (const auto& dns : wanted.dns_names)
    push_text(names.get(), GEN_DNS, dns);
  for (const auto& uri : wanted.uri_names)
    push_text(names.get(), GEN_URI, uri);
  for (const auto& ip : wanted.ip_names) {
    ASN1_OCTET_STRING* value = a2i_IPADDRESS(ip.c_str());
    if (value == nullptr)
      return fail(fmt::format("'{}' is not an IP address", ip), {}, "write it as 192.0.2.1 or 2001:db8::1");
    push_name(names.get(), GEN_IPADD, value);
  }
  const bool no_subject = X509_NAME_entry_count(X509_get_subject_name(certificate)) == 0;
  add_extension(certificate, NID_subject_alt_name, names.get(), no_subject);  // RFC 5280 section 4.2.1.6
  return {};
}

/// The leftmost 160 bits of the SHA-256 of the public key (RFC 7093 section 2, method 1).
OctetStringPtr key_identifier(const X509* certificate) {
  std::uint8_t digest[32];
  unsigned size = 0;
  CHECK(X509_pubkey_digest(certificate, EVP_sha256(), digest, &size) == 1 && size == sizeof digest);
  OctetStringPtr id(ASN1_OCTET_STRING_new());
  CHECK(id && ASN1_OCTET_STRING_set(id.get(), digest, 20) == 1);
  return id;
}

void add_identifiers(X509* certificate, X509* issuer) {
  const OctetStringPtr own = key_identifier(certificate);
  add_extension(certificate, NID_subject_key_identifier, own.get(), false);
  const ASN1_OCTET_STRING* issuers = issuer == certificate ? own.get() : X509_get0_subject_key_id(issuer);
  if (issuers == nullptr) return;  // an issuer without one (not ours) cannot be pointed at
  const AuthorityIdPtr authority(AUTHORITY_KEYID_new());
  CHECK(authority != nullptr);
  authority->keyid = ASN1_OCTET_STRING_dup(issuers);
  add_extension(certificate, NID_authority_key_identifier, authority.get(), false);
}

/// `issuer` is nullptr for a root.
Result<Certificate> build(const CertificateTemplate& wanted, const PrivateKey& subject_key, X509* issuer,
                          const PrivateKey& signing_key) {
  const X509Ptr certificate(X509_new());
  CHECK(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  X509* raw = certificate.get();
  set_serial(raw);
  TRY_VOID(set_dates(raw, wanted));
  TRY_VOID(add_subject_part(X509_get_subject_name(raw), "O", wanted.organization));
  TRY_VOID(add_subject_part(X509_get_subject_name(raw), "CN", wanted.common_name));
  CHECK(X509_set_issuer_name(raw, X509_get_subject_name(issuer != nullptr ? issuer : raw)) == 1);
  CHECK(X509_set_pubkey(raw, subject_key.native()) == 1);
  add_constraints(raw, wanted);
  add_usages(raw, wanted, subject_key);
  add_purposes(raw, wanted);
  TRY_VOID(add_names(raw, wanted));
  add_identifiers(raw, issuer != nullptr ? issuer : raw);
  if (X509_sign(raw, signing_key.native(), signature_digest(signing_key.native())) == 0)
    return fail("the certificate could not be signed: " + take_openssl_reasons());
  return Certificate::from_der(Certificate::from_native(raw)->der());  // as everybody else will read it
}

}  // namespace

Result<Certificate> issue_certificate(const CertificateTemplate& wanted, const PrivateKey& subject_key,
                                      const Issuer& issuer) {
  if (!issuer.certificate.facts().is_ca)
    return fail(fmt::format("'{}' is not a CA and may not issue certificates", issuer.certificate.subject()));
  if (!issuer.certificate.belongs_to(issuer.key))
    return fail(fmt::format("the key does not belong to the CA '{}'", issuer.certificate.subject()), {},
                "put the CA's certificate and its own key side by side");
  return build(wanted, subject_key, issuer.certificate.native(), issuer.key);
}

Result<Certificate> self_sign_certificate(const CertificateTemplate& wanted, const PrivateKey& key) {
  return build(wanted, key, nullptr, key);
}

}  // namespace ringwall::crypto
