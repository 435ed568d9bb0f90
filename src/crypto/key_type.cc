#include "crypto/key_type.h"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

namespace ringwall::crypto {
namespace {

std::string curve_text(const EVP_PKEY* key) {
  char group[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) return "EC of its own curve";
  const char* nist = EC_curve_nid2nist(OBJ_txt2nid(group));
  return fmt::format("EC {}", nist != nullptr ? nist : group);
}

}  // namespace

std::string key_type_text(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return curve_text(key);
    case EVP_PKEY_RSA:
      return fmt::format("RSA {}", EVP_PKEY_get_bits(key));
    case EVP_PKEY_ED25519:
      return "Ed25519";
    default: {
      const char* name = EVP_PKEY_get0_type_name(key);
      return name != nullptr ? name : "unknown";
    }
  }
}

const EVP_MD* signature_digest(const EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448) return nullptr;
  return kind == EVP_PKEY_EC && EVP_PKEY_get_bits(key) >= 384 ? EVP_sha384() : EVP_sha256();
}

}  // namespace ringwall::crypto
