#include "crypto/chain.h"

#include <openssl/err.h>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

struct Words {
  std::string what, mend;
};

std::string called(const Certificate* certificate) {
  if (certificate == nullptr) return "a certificate of the chain";
  const auto& facts = certificate->facts();
  const std::string& name = !facts.common_name.empty() ? facts.common_name : facts.subject;
  return fmt::format("the certificate of '{}' (serial {})", name, facts.serial);
}

Words dates(int code, const Certificate* certificate, const std::string& name, WallTime at) {
  const auto now = print_wall_time(at);
  if (code == X509_V_ERR_CERT_HAS_EXPIRED)
    return {certificate
                ? fmt::format("{} ended on {} and it is {}", name, print_wall_time(certificate->not_after()), now)
                : name + " has ended",
            "have it renewed, or set this machine's clock if that is wrong"};
  return {certificate
              ? fmt::format("{} begins only on {} and it is {}", name, print_wall_time(certificate->not_before()), now)
              : name + " is not valid yet",
          "set the clock of the machine that is wrong, or wait"};
}

Words unknown_ca(int code, const Certificate* certificate, const std::string& name) {
  if (code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
    return {name + " was signed by itself and is not one of the trust anchors",
            "add it to the trust anchors if you know it to be right, or have a known CA issue one"};
  if (code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)
    return {"the chain ends at a root that is not one of the trust anchors: " + name,
            "add that root to the trust anchors if you trust it"};
  return {certificate ? fmt::format("{} was issued by '{}', which is neither sent along nor a trust anchor", name,
                                    certificate->issuer())
                      : name + " was issued by an unknown CA",
          "add the issuer's root to the trust anchors, or have the other side send its whole chain"};
}

Words explain(int code, const Certificate* certificate, Purpose purpose, WallTime at) {
  const std::string name = called(certificate);
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return dates(code, certificate, name, at);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return unknown_ca(code, certificate, name);
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {name + " carries a signature that its issuer's key did not make",
              "compare the issuer with the one in the trust anchors: it was renewed, or the certificate was changed"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {fmt::format("{} is not meant to be used as a TLS {}", name, print(purpose)),
              fmt::format("have it issued with the extended key usage {}Auth", print(purpose))};
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return {name + " issued another certificate but is not a CA", "have the chain issued by a CA certificate"};
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return {name + " allows fewer CAs below it than the chain has", "have the chain issued directly by that CA"};
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return {fmt::format("the chain is longer than {} certificates", limits::certificate_chain_depth),
              "have a chain issued with fewer CAs"};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return {
          fmt::format("{} has a key that is too short ({})", name, certificate ? certificate->facts().key_type : "?"),
          "have it issued anew with EC P-256 or RSA 2048 or more"};
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {
          fmt::format("{} has a weak signature ({})", name, certificate ? certificate->facts().signature_type : "?"),
          "have it issued anew with SHA-256 or better"};
    case X509_V_ERR_CERT_REVOKED:
      return {name + " was revoked by its issuer", "have a new one issued with a new key"};
    default:
      return {fmt::format("{} was refused: {}", name, X509_verify_cert_error_string(code)),
              "show it with 'ringwall pki show FILE' and have it issued anew"};
  }
}

X509StorePtr make_store(const std::vector<Certificate>& anchors) {
  X509StorePtr store(X509_STORE_new());
  CHECK(store != nullptr);
  for (const auto& anchor : anchors)
    CHECK(X509_STORE_add_cert(store.get(), anchor.native()) == 1);
  return store;
}

X509StackPtr make_untrusted(const std::vector<Certificate>& chain) {
  X509StackPtr stack(sk_X509_new_null());
  CHECK(stack != nullptr);
  for (std::size_t i = 1; i < chain.size(); ++i)
    CHECK(X509_add_cert(stack.get(), chain[i].native(), X509_ADD_FLAG_UP_REF) == 1);
  return stack;
}

void set_rules(X509_STORE_CTX* context, WallTime at, Purpose purpose) {
  constexpr int security_bits_112 = 2;  // RSA and DH 2048, EC 224, no SHA-1
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(rules, at.time_since_epoch().count());
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(limits::certificate_chain_depth));
  X509_VERIFY_PARAM_set_auth_level(rules, security_bits_112);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);  // an issuing CA may be an anchor
  CHECK(X509_VERIFY_PARAM_set_purpose(
            rules, purpose == Purpose::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT) == 1);
}

Result<std::vector<Certificate>> path_of(X509_STORE_CTX* context) {
  std::vector<Certificate> path;
  STACK_OF(X509)* certificates = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    TRY(auto one, Certificate::from_native(sk_X509_value(certificates, i)));
    path.push_back(std::move(one));
  }
  return path;
}

}  // namespace

std::string_view print(Purpose purpose) {
  return purpose == Purpose::server ? "server" : "client";
}

Error explain_verification(int code, const Certificate* certificate, Purpose purpose, WallTime at) {
  auto words = explain(code, certificate, purpose, at);
  return {std::move(words.what), {}, std::move(words.mend)};
}

Result<std::vector<Certificate>> verify_chain(const std::vector<Certificate>& chain,
                                              const std::vector<Certificate>& anchors, WallTime at, Purpose purpose) {
  if (chain.empty()) return fail("no certificate was given", {}, "give one that the other side can verify");
  if (anchors.empty())
    return fail("there is no trust anchor to verify a certificate with", {}, "name a file of trusted roots");
  const X509StorePtr store = make_store(anchors);
  const X509StackPtr untrusted = make_untrusted(chain);
  const X509StoreContextPtr context(X509_STORE_CTX_new());
  CHECK(context && X509_STORE_CTX_init(context.get(), store.get(), chain.front().native(), untrusted.get()) == 1);
  set_rules(context.get(), at, purpose);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (good) return path_of(context.get());
  std::optional<Certificate> culprit;
  if (X509* native = X509_STORE_CTX_get_current_cert(context.get()))
    if (auto certificate = Certificate::from_native(native)) culprit = std::move(*certificate);
  return std::unexpected(
      explain_verification(X509_STORE_CTX_get_error(context.get()), culprit ? &*culprit : nullptr, purpose, at));
}

}  // namespace ringwall::crypto
