#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace ringwall::crypto {

bool equal(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace ringwall::crypto
