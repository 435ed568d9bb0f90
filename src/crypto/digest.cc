#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <climits>

#include "base/check.h"

namespace ringwall::crypto {
namespace {

template <class Digest>
Digest digest(const EVP_MD* algorithm, Bytes bytes) {
  Digest out;
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr) == 1 && size == out.size());
  return out;
}

template <class Digest>
Digest hmac(const EVP_MD* algorithm, Bytes key, Bytes bytes) {
  static constexpr std::uint8_t nothing = 0;  // HMAC() takes a null key for "the key of last time"
  CHECK(key.size() <= INT_MAX);
  Digest out;
  unsigned size = 0;
  const auto* key_data = key.empty() ? &nothing : key.data();
  CHECK(HMAC(algorithm, key_data, static_cast<int>(key.size()), bytes.data(), bytes.size(), out.data(), &size) !=
        nullptr);
  CHECK(size == out.size());
  return out;
}

/// Fetched once for the process.
EVP_MAC* hmac_method() {
  static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  CHECK(method != nullptr);
  return method;
}

}  // namespace

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

HmacSha256::HmacSha256(Bytes key) : context_(EVP_MAC_CTX_new(hmac_method())) {
  CHECK(context_ != nullptr && !key.empty());
  std::array<char, 7> name{"SHA256"};
  const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                              OSSL_PARAM_construct_end()};
  CHECK(EVP_MAC_init(context_.get(), key.data(), key.size(), parameters.data()) == 1);
}

Sha256 HmacSha256::mac(Bytes bytes) const {
  Sha256 out;
  std::size_t size = 0;
  CHECK(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);  // with the key it has
  CHECK(EVP_MAC_update(context_.get(), bytes.data(), bytes.size()) == 1);
  CHECK(EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1 && size == out.size());
  return out;
}

Sha256 sha256(Bytes bytes) {
  return digest<Sha256>(EVP_sha256(), bytes);
}
Sha1 sha1(Bytes bytes) {
  return digest<Sha1>(EVP_sha1(), bytes);
}
Sha256 hmac_sha256(Bytes key, Bytes bytes) {
  return hmac<Sha256>(EVP_sha256(), key, bytes);
}
Sha1 hmac_sha1(Bytes key, Bytes bytes) {
  return hmac<Sha1>(EVP_sha1(), key, bytes);
}

}  // namespace ringwall::crypto
