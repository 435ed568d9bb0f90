#include "crypto/digest_access.h"

#include <gtest/gtest.h>

namespace ringwall::crypto {
namespace {

std::string text(const Secret& secret) {
  return std::string(as_text(secret.reveal()));
}

struct Example {
  DigestAlgorithm algorithm;
  std::string_view user, realm, password, uri, nonce, cnonce, response;
};

// RFC 7616 section 3.9.1 (both of its algorithms), RFC 2617 section 3.5, and section 3.9.2 of RFC 7616 with the values
// that SHA-512/256 of FIPS 180-4 gives: the RFC prints a cut SHA-512 there (erratum 4897).
constexpr Example examples[] = {
    {DigestAlgorithm::md5, "Mufasa", "http-auth@example.org", "Circle of Life", "/dir/index.html",
     "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
     "8ca523f5e9506fed4657c9700eebdbec"},
    {DigestAlgorithm::sha_256, "Mufasa", "http-auth@example.org", "Circle of Life", "/dir/index.html",
     "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
     "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    {DigestAlgorithm::md5, "Mufasa", "testrealm@host.com", "Circle Of Life", "/dir/index.html",
     "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "6629fae49393a05397450978507c4ef1"},
    {DigestAlgorithm::sha_512_256, "J\xc3\xa4s\xc3\xb8n Doe", "api@example.org", "Secret, or not?", "/doe.json",
     "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
     "7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c"},
};

TEST(DigestAccess, AgreesWithTheExamplesOfTheRfcs) {
  for (const Example& one : examples) {
    const Secret a1 = digest_a1(one.algorithm, one.user, one.realm, one.password);
    const Secret a2 = digest_of(one.algorithm, {"GET", one.uri});
    const Secret response = digest_of(one.algorithm, {text(a1), one.nonce, "00000001", one.cnonce, "auth", text(a2)});
    EXPECT_EQ(text(response), one.response) << print(one.algorithm) << ' ' << one.realm;
    EXPECT_EQ(response.size(), digest_size(one.algorithm));
  }
}

TEST(DigestAccess, AlgorithmsAreReadWithoutCaseAndNothingElseIs) {
  EXPECT_EQ(parse_digest_algorithm("sha-256"), DigestAlgorithm::sha_256);
  EXPECT_EQ(parse_digest_algorithm("SHA-512-256"), DigestAlgorithm::sha_512_256);
  EXPECT_EQ(parse_digest_algorithm("MD5"), DigestAlgorithm::md5);
  for (const std::string_view wrong : {"", "SHA-512", "MD5-sess", "SHA256"})
    EXPECT_FALSE(parse_digest_algorithm(wrong)) << wrong;
}

}  // namespace
}  // namespace ringwall::crypto
