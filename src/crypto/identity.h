#pragma once

#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"

namespace ringwall::crypto {

/// What one end of a TLS connection shows and proves: its certificate with the CAs below the anchor, and its key.
/// pki::load_identity reads and checks one.
struct Identity {
  std::vector<Certificate> chain;  ///< leaf first, never empty; the anchor itself is left out
  PrivateKey key;                  ///< belongs to chain[0]

  [[nodiscard]] const Certificate& leaf() const { return chain.front(); }
};

}  // namespace ringwall::crypto
