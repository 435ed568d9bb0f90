#include "crypto/certificate_facts.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/key_type.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

constexpr std::size_t host_name_size = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::size_t uri_size = 2'048;

Bytes bytes_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(bio != nullptr);
  if (X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

/// A second common name may be a trick, so two are as good as none.
std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  const bool printable = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return printable ? text : std::string{};
}

std::string integer_text(const ASN1_INTEGER* number) {
  const bool negative = ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER;
  return (negative ? "-" : "") + print_hex(bytes_of(number));
}

Result<WallTime> time_of(const ASN1_TIME* time, std::string_view name) {
  std::tm calendar{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &calendar) != 1)
    return fail(fmt::format("the certificate's {} date cannot be read", name), {}, "have the certificate issued anew");
  return WallTime(std::chrono::seconds(timegm(&calendar)));
}

bool is_uri_text(std::string_view text) {
  return !text.empty() && text.size() <= uri_size &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string ip_text(Bytes bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  if (bytes.size() == 4) inet_ntop(AF_INET, bytes.data(), text, sizeof text);
  if (bytes.size() == 16) inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

void read_name(const GENERAL_NAME* name, CertificateFacts& facts) {
  int kind = 0;
  const void* value = GENERAL_NAME_get0_value(name, &kind);
  if (value == nullptr) return;
  const auto text_of = [&] { return as_text(bytes_of(static_cast<const ASN1_STRING*>(value))); };
  if (kind == GEN_DNS && is_host_text(text_of())) facts.dns_names.push_back(to_lower(text_of()));
  if (kind == GEN_URI && is_uri_text(text_of())) facts.uri_names.emplace_back(text_of());
  if (kind == GEN_IPADD)
    if (auto ip = ip_text(as_bytes(text_of())); !ip.empty()) facts.ip_names.push_back(std::move(ip));
}

void read_names(const X509* certificate, CertificateFacts& facts) {
  facts.has_names = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return;
  const int count = std::min(sk_GENERAL_NAME_num(names.get()), static_cast<int>(limits::certificate_names));
  for (int i = 0; i < count; ++i)
    read_name(sk_GENERAL_NAME_value(names.get(), i), facts);
}

std::string purpose_text(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  char dotted[128] = {};
  OBJ_obj2txt(dotted, sizeof dotted, object, 1);
  return dotted;
}

void read_purposes(const X509* certificate, CertificateFacts& facts) {
  using PurposesPtr = OpensslPtr<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
  const PurposesPtr purposes(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  if (!purposes) return;
  const int count = std::min(sk_ASN1_OBJECT_num(purposes.get()), static_cast<int>(limits::certificate_names));
  for (int i = 0; i < count; ++i)
    facts.purposes.push_back(purpose_text(sk_ASN1_OBJECT_value(purposes.get(), i)));
}

void read_identifiers(X509* certificate, CertificateFacts& facts) {
  if (const auto* id = X509_get0_subject_key_id(certificate)) facts.subject_key_id = print_hex(bytes_of(id));
  if (const auto* id = X509_get0_authority_key_id(certificate)) facts.authority_key_id = print_hex(bytes_of(id));
  std::uint8_t digest[32];
  unsigned size = 0;
  CHECK(X509_digest(certificate, EVP_sha256(), digest, &size) == 1 && size == sizeof digest);
  facts.fingerprint = print_hex(digest);
}

}  // namespace

bool is_host_text(std::string_view text) {
  return !text.empty() && text.size() <= host_name_size && std::ranges::all_of(text, [](char c) {
    const char l = to_lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '*';
  });
}

Result<CertificateFacts> read_facts(X509* certificate) {
  CertificateFacts facts;
  TRY(facts.not_before, time_of(X509_get0_notBefore(certificate), "start"));
  TRY(facts.not_after, time_of(X509_get0_notAfter(certificate), "end"));
  facts.subject = name_text(X509_get_subject_name(certificate));
  facts.issuer = name_text(X509_get_issuer_name(certificate));
  facts.common_name = common_name(X509_get_subject_name(certificate));
  facts.serial = integer_text(X509_get0_serialNumber(certificate));
  facts.is_ca = X509_check_ca(certificate) == 1;
  if (const long length = X509_get_pathlen(certificate); length >= 0) facts.path_length = static_cast<unsigned>(length);
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  facts.key_type = key != nullptr ? key_type_text(key) : "unknown";
  const int signature = X509_get_signature_nid(certificate);
  facts.signature_type = signature != NID_undef ? OBJ_nid2ln(signature) : "unknown";
  read_names(certificate, facts);
  read_purposes(certificate, facts);
  read_identifiers(certificate, facts);
  ERR_clear_error();  // what could not be read above is simply not a fact
  return facts;
}

}  // namespace ringwall::crypto
