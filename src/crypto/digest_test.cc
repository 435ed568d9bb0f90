#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "crypto/constant_time.h"
#include "crypto/random.h"

namespace ringwall::crypto {
namespace {

TEST(Digest, AgreesWithFips180) {
  EXPECT_EQ(print_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(print_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(print_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Digest, HmacAgreesWithRfc4231AndRfc2202) {
  EXPECT_EQ(print_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(print_hex(hmac_sha1(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(Digest, AKeptHmacKeyGivesTheSameEachTime) {
  const HmacSha256 jefe(as_bytes("Jefe"));
  const HmacSha256 other(as_bytes("other"));
  for (const std::string_view text : {"what do ya want for nothing?", "", "again"}) {
    EXPECT_EQ(jefe.mac(as_bytes(text)), hmac_sha256(as_bytes("Jefe"), as_bytes(text)));
    EXPECT_EQ(other.mac(as_bytes(text)), hmac_sha256(as_bytes("other"), as_bytes(text)));
  }
}

TEST(Digest, AnEmptyHmacKeyIsNotTheKeyOfLastTime) {
  const auto empty = hmac_sha256({}, as_bytes("x"));
  (void)hmac_sha256(as_bytes("other"), as_bytes("x"));
  EXPECT_EQ(hmac_sha256({}, as_bytes("x")), empty);
  EXPECT_NE(hmac_sha256(as_bytes("other"), as_bytes("x")), empty);
}

TEST(ConstantTime, ComparesContentAndSize) {
  EXPECT_TRUE(equal(as_bytes("tag"), as_bytes("tag")));
  EXPECT_TRUE(equal({}, {}));
  EXPECT_FALSE(equal(as_bytes("tag"), as_bytes("tab")));
  EXPECT_FALSE(equal(as_bytes("tag"), as_bytes("tagg")));
}

TEST(Random, DoesNotRepeatItself) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(random_u64());
  EXPECT_EQ(seen.size(), 1000u);
  const Secret a = random_key(32), b = random_key(32);
  EXPECT_EQ(a.size(), 32u);
  EXPECT_FALSE(equal(a.reveal(), b.reveal()));
}

}  // namespace
}  // namespace ringwall::crypto
