#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/certificate_facts.h"
#include "crypto/key_type.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

constexpr auto* mend = "give certificates as PEM, each beginning with -----BEGIN CERTIFICATE-----";

/// An encrypted block must fail, not ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

BioPtr reading(std::string_view text) {
  BioPtr bio(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
  CHECK(bio != nullptr);
  return bio;
}

bool at_end_of_pem() {
  const unsigned long code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/// The host of a "sip:" URI that names a whole domain. A '@' anywhere may end a user part, and escapes and brackets are
/// no host name characters, so all those give nothing.
std::string sip_domain(std::string_view uri) {
  if (!equals_ignoring_case(take_until(uri, ':'), "sip") || uri.contains('@')) return {};
  std::string_view port = uri.substr(0, uri.find_first_of(";?"));
  const bool has_port = port.contains(':');
  const std::string_view host = take_until(port, ':');
  if (has_port && !parse_unsigned<std::uint16_t>(port)) return {};
  return is_host_text(host) && !host.contains('*') ? to_lower(host) : std::string{};
}

void add_if_new(std::vector<std::string>& names, std::string name) {
  if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

}  // namespace

Result<Certificate> Certificate::from_native(x509_st* certificate, std::string where) {
  CHECK(certificate != nullptr && X509_up_ref(certificate) == 1);
  std::shared_ptr<X509> shared(certificate, X509_free);
  auto facts = read_facts(certificate);
  if (!facts) return fail(facts.error().what, std::move(where), facts.error().mend);
  return Certificate(std::move(shared), std::make_shared<const CertificateFacts>(std::move(*facts)));
}

Result<Certificate> Certificate::from_der(Bytes der, std::string where) {
  if (der.size() > limits::certificate_bytes)
    return fail(fmt::format("the certificate is larger than {} bytes", limits::certificate_bytes), std::move(where));
  const auto* at = der.data();
  const X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return fail("no certificate: " + take_openssl_reasons(), std::move(where), mend);
  if (at != der.data() + der.size()) return fail("there are bytes after the certificate", std::move(where), mend);
  return from_native(certificate.get(), std::move(where));
}

Result<Certificate> Certificate::from_pem(std::string_view pem, std::string where) {
  if (pem.size() > limits::certificate_file_bytes) return fail("the certificate file is too large", std::move(where));
  const X509Ptr certificate(PEM_read_bio_X509(reading(pem).get(), nullptr, no_passphrase, nullptr));
  if (!certificate) return fail("no certificate: " + take_openssl_reasons(), std::move(where), mend);
  return from_native(certificate.get(), std::move(where));
}

std::string Certificate::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(bio && PEM_write_bio_X509(bio.get(), certificate_.get()) == 1);
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Buffer Certificate::der() const {
  const int size = i2d_X509(certificate_.get(), nullptr);
  CHECK(size > 0);
  Buffer out(static_cast<std::size_t>(size));
  auto* at = out.data();
  CHECK(i2d_X509(certificate_.get(), &at) == size);
  return out;
}

std::vector<std::string> Certificate::sip_identities() const {
  std::vector<std::string> names;
  for (const auto& uri : facts_->uri_names)
    add_if_new(names, sip_domain(uri));
  if (!names.empty()) return names;
  for (const auto& dns : facts_->dns_names)
    if (!dns.contains('*')) add_if_new(names, dns);
  const auto& name = facts_->common_name;
  if (!facts_->has_names && is_host_text(name) && !name.contains('*')) add_if_new(names, to_lower(name));
  return names;
}

bool Certificate::identifies(std::string_view domain) const {
  const auto names = sip_identities();
  return std::ranges::find(names, to_lower(domain)) != names.end();
}

bool Certificate::belongs_to(const PrivateKey& key) const {
  const EVP_PKEY* own = X509_get0_pubkey(certificate_.get());
  const bool same = own != nullptr && EVP_PKEY_eq(own, key.native()) == 1;
  ERR_clear_error();
  return same;
}

bool Certificate::verify(Bytes message, Bytes signature) const {
  EVP_PKEY* key = X509_get0_pubkey(certificate_.get());
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool good =
      key != nullptr && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, signature_digest(key), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return good;
}

Result<std::vector<Certificate>> read_certificates(std::string_view pem, std::string where) {
  if (pem.size() > limits::certificate_file_bytes) return fail("the certificate file is too large", std::move(where));
  const BioPtr bio = reading(pem);
  std::vector<Certificate> out;
  ERR_clear_error();
  while (const X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    if (out.size() == limits::certificates_per_file)
      return fail(fmt::format("there are more than {} certificates", limits::certificates_per_file), std::move(where));
    TRY(auto one, Certificate::from_native(certificate.get(), where));
    out.push_back(std::move(one));
  }
  const bool whole = at_end_of_pem();
  const std::string reasons = take_openssl_reasons();
  if (!whole)
    return fail(fmt::format("certificate {} cannot be read: {}", out.size() + 1, reasons), std::move(where), mend);
  if (out.empty()) return fail("there is no certificate in it", std::move(where), mend);
  return out;
}

std::string print_pem(const std::vector<Certificate>& certificates) {
  std::string out;
  for (const auto& certificate : certificates)
    out += certificate.pem();
  return out;
}

}  // namespace ringwall::crypto
