#include "crypto/sealed.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace ringwall::crypto {
namespace {

Secret key_of(std::string_view hex) {
  return Secret(*parse_hex(hex));
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14: key, nonce and plain text of zeros.
TEST(Sealed, AgreesWithTheTestCaseOfGcm) {
  const Secret key = key_of(std::string(64, '0'));
  const Buffer out = seal(key, SealNonce{}, Buffer(16));
  EXPECT_EQ(print_hex(out), std::string(24, '0') + "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Sealed, OnlyWhatWasSealedOpens) {
  const Secret key = key_of(std::string(64, '1'));
  const SealNonce nonce{1, 2, 3};
  Buffer sealed = seal(key, nonce, as_bytes("handle"));
  EXPECT_EQ(as_text(*unseal(key, sealed)), "handle");
  EXPECT_FALSE(unseal(key_of(std::string(64, '2')), sealed));
  for (auto& byte : sealed) {
    byte ^= 1;
    EXPECT_FALSE(unseal(key, sealed));
    byte ^= 1;
  }
  EXPECT_FALSE(unseal(key, Bytes(sealed).first(27)));
  EXPECT_FALSE(unseal(key, {}));
}

}  // namespace
}  // namespace ringwall::crypto
