#include "crypto/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace ringwall::crypto {
namespace {

using testing::HasSubstr;
using testing::Not;

class EveryKeyType : public testing::TestWithParam<KeyType> {};

TEST_P(EveryKeyType, GoesThroughPemUnchanged) {
  const auto key = PrivateKey::generate(GetParam());
  ASSERT_TRUE(key) << key.error().text();
  const auto again = PrivateKey::from_pem(key->pem());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->public_der(), key->public_der());
  EXPECT_EQ(again->type_text(), key->type_text());
  EXPECT_FALSE(again->sign(as_bytes("message")).empty());
}

INSTANTIATE_TEST_SUITE_P(Keys, EveryKeyType,
                         testing::Values(KeyType::p256, KeyType::p384, KeyType::rsa2048, KeyType::rsa3072,
                                         KeyType::ed25519),
                         [](const auto& info) { return std::string(print(info.param)); });

TEST(PrivateKey, TellsItsType) {
  EXPECT_EQ(PrivateKey::generate(KeyType::p256)->type_text(), "EC P-256");
  EXPECT_EQ(PrivateKey::generate(KeyType::p384)->type_text(), "EC P-384");
  EXPECT_EQ(PrivateKey::generate(KeyType::rsa2048)->type_text(), "RSA 2048");
  EXPECT_EQ(PrivateKey::generate(KeyType::ed25519)->type_text(), "Ed25519");
}

TEST(PrivateKey, TypeWordsAreReadBack) {
  for (const auto type :
       {KeyType::p256, KeyType::p384, KeyType::rsa2048, KeyType::rsa3072, KeyType::rsa4096, KeyType::ed25519})
    EXPECT_EQ(parse_key_type(print(type)), type);
  EXPECT_EQ(parse_key_type("rsa1024"), std::nullopt);
  EXPECT_EQ(parse_key_type(""), std::nullopt);
}

TEST(PrivateKey, IsFoundBehindOtherBlocks) {
  const auto key = PrivateKey::generate(KeyType::p256);
  const std::string text =
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + std::string(as_text(key->pem().reveal()));
  const auto again = PrivateKey::from_pem(Secret(std::string_view(text)));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->public_der(), key->public_der());
}

TEST(PrivateKey, RefusesWhatIsNoKey) {
  for (const std::string_view text : {"", "hello", "-----BEGIN PRIVATE KEY-----\n",
                                      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    const auto key = PrivateKey::from_pem(Secret(text), "server.key");
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().where, "server.key");
    EXPECT_THAT(key.error().mend, HasSubstr("PEM"));
  }
}

// Made with: openssl genrsa 1024
constexpr std::string_view short_rsa_key = R"(-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAM15uhshYjaspkpt
yc6EA6JjBve8Oh6x2fZLZcuLWaTHAEdJFvBH0Zrpt56XyeaMqW96GtEQEJq7Px4L
msnqD8EgA5qQ1N12Bfii6zqv8W+O5LTDZArQTzUZEPGXm/nqiLFr3eSYn3WoND7q
3KZ4zjMH3Zd5PCR/pLgOb8AwohjvAgMBAAECgYEAy0vm0LUFAWds2DMr+kIvfllQ
KYh4UKpTJxaOTwc+2IN0SRONuIq2XflkDWvM/Wiqs3syUSr94rnkxwtgSOpmTj5G
6KDgRAle1zNu476pfqH33gNyFTkB1j4L7wxhXl+ATT3kW3axi4tiHnJZvmgnqNc3
xoevYviZ7+UOvABRIgECQQDoUsfWtf+CXnMipND0zejbknbxId/3fMV4R9N/i9pp
d/tiIMl5YswFvBgQTsG4AwJ0B8Dp3j10J4khf2plF7WBAkEA4mp/K9I1OJmNDnvX
ZOBvhwmxKaDtED2c7bV5wDmVJRzB89gnFqBPiUo6h2xXCLQQ5RFwYut+O1wMmudQ
R4lmbwJAGjqWUzhS834EU6n16V2B56A+i3S+m2tbw/uf9its6jFgkTCQboLn89HL
ibPKjSLR2RWzAvRTTdTU15JSCb3GgQJAb4KN0XI8/fw6CXkaszcKFpLCa0Mznj0K
DdTD+tUhTF7mcwbw8WbQ5UfmnY3RK5srevXkyQM8b1W9a4ki86iLBwJBAJUVhfUG
Fpb2WKrJpBqNvlgiN/uxB4v+QmLYERUJdfAIQ+57Nj8IEQc2nQosbCIJTa7JgPbw
whCqh7dRpkWeImI=
-----END PRIVATE KEY-----
)";

TEST(PrivateKey, RefusesAShortKey) {
  const auto key = PrivateKey::from_pem(Secret(short_rsa_key), "old.key");
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().what, HasSubstr("RSA 1024"));
  EXPECT_THAT(key.error().mend, HasSubstr("2048"));
}

// Made with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x
constexpr std::string_view encrypted_key = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjh03SB0T3bqgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAdcccrYZqJfPl4JaUJ2gD4EgZAA
yi5liLpuPpgw8xR74oAh9XIKnLe2dln+f5BPRABE82Vbf0NHXd781NYR/cR8FIk0
ZhnymwJDkfOuhpgAoCgn8anjUuYY1zBlrnd+IATQO8CmCljkwGZQsGsQ8QNOq8bX
B5hfkxqlGIPGQ4KonOk5KfneekBlkDe6RCPxBjR9gL+R4CklaSbw70GMoVH8uK4=
-----END ENCRYPTED PRIVATE KEY-----
)";

TEST(PrivateKey, RefusesAPassphraseWithoutAskingForIt) {
  const auto key = PrivateKey::from_pem(Secret(encrypted_key), "locked.key");
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().mend, HasSubstr("without a passphrase"));
}

TEST(PrivateKey, ErrorsNeverShowTheText) {
  const auto key = PrivateKey::from_pem(
      Secret(std::string_view("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n")));
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().text(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace ringwall::crypto
