#include "crypto/digest.h"

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

}  // namespace

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
