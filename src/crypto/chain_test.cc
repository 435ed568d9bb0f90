#include "crypto/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/test_certificates.h"

namespace ringwall::crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const test::TestCa& ca() {
  static const auto made = test::TestCa::make();
  return made;
}
constexpr WallTime now = test::start + std::chrono::days(10);

std::string refusal(const std::vector<Certificate>& chain, const std::vector<Certificate>& anchors, WallTime at = now,
                    Purpose purpose = Purpose::server) {
  const auto verified = verify_chain(chain, anchors, at, purpose);
  return verified ? "accepted" : verified.error().text();
}

TEST(VerifyChain, GivesThePathToTheAnchor) {
  const auto leaf = ca().issue(test::leaf_template());
  const auto path = verify_chain({leaf, ca().issuing.certificate}, {ca().root.certificate}, now, Purpose::server);
  ASSERT_TRUE(path) << path.error().text();
  EXPECT_THAT(*path, ElementsAre(leaf, ca().issuing.certificate, ca().root.certificate));
}

TEST(VerifyChain, AnIssuingCaOrTheLeafItselfMayBeTheAnchor) {
  const auto leaf = ca().issue(test::leaf_template());
  EXPECT_EQ(refusal({leaf}, {ca().issuing.certificate}), "accepted");
  EXPECT_EQ(refusal({leaf}, {leaf}), "accepted");
}

TEST(VerifyChain, TheOrderOfTheCasDoesNotMatter) {
  const auto leaf = ca().issue(test::leaf_template());
  const auto other = test::TestCa::make("Other");
  EXPECT_EQ(
      refusal({leaf, ca().root.certificate, other.root.certificate, ca().issuing.certificate}, {ca().root.certificate}),
      "accepted");
}

TEST(VerifyChain, ExplainsAnEndedCertificate) {
  const auto leaf = ca().issue(test::leaf_template());
  const auto text =
      refusal({leaf, ca().issuing.certificate}, {ca().root.certificate}, test::start + std::chrono::days(91));
  EXPECT_THAT(text, HasSubstr("the certificate of 'edge.ringwall.test' (serial " + leaf.serial() +
                              ") ended on 2027-04-15T08:00:00Z and it is 2027-04-16T08:00:00Z"));
  EXPECT_THAT(text, HasSubstr("renewed"));
}

TEST(VerifyChain, TheEndIsTheFirstRefusedSecond) {
  const auto leaf = ca().issue(test::leaf_template());
  const std::vector chain{leaf, ca().issuing.certificate};
  EXPECT_EQ(refusal(chain, {ca().root.certificate}, leaf.not_after() - std::chrono::seconds(1)), "accepted");
  EXPECT_NE(refusal(chain, {ca().root.certificate}, leaf.not_after()), "accepted");
  EXPECT_EQ(refusal(chain, {ca().root.certificate}, leaf.not_before()), "accepted");
}

TEST(VerifyChain, ExplainsACertificateOfTheFuture) {
  const auto text = refusal({ca().issue(test::leaf_template()), ca().issuing.certificate}, {ca().root.certificate},
                            test::start - std::chrono::seconds(1));
  EXPECT_THAT(text, HasSubstr("begins only on 2027-01-15T08:00:00Z and it is 2027-01-15T07:59:59Z"));
  EXPECT_THAT(text, HasSubstr("clock"));
}

TEST(VerifyChain, ExplainsAnEndedIssuer) {
  auto wanted = test::leaf_template();
  wanted.not_after = test::start + 9 * test::year;
  const auto text =
      refusal({ca().issue(wanted), ca().issuing.certificate}, {ca().root.certificate}, test::start + 6 * test::year);
  EXPECT_THAT(text, HasSubstr("ended on"));
  EXPECT_THAT(text, HasSubstr("'Test "));
}

TEST(VerifyChain, ExplainsAnUnknownCa) {
  const auto other = test::TestCa::make("Other");
  const auto leaf = other.issue(test::leaf_template());
  EXPECT_THAT(refusal({leaf, other.issuing.certificate}, {ca().root.certificate}),
              HasSubstr("'Other issuing CA' (serial " + other.issuing.certificate.serial() +
                        ") was issued by 'CN=Other root', which is neither sent along nor a trust anchor"));
  EXPECT_THAT(refusal({leaf, other.issuing.certificate, other.root.certificate}, {ca().root.certificate}),
              HasSubstr("ends at a root that is not one of the trust anchors"));
}

TEST(VerifyChain, ExplainsAMissingIssuer) {
  const auto text = refusal({ca().issue(test::leaf_template())}, {ca().root.certificate});
  EXPECT_THAT(text, HasSubstr("was issued by 'CN=Test issuing CA', which is neither sent along"));
  EXPECT_THAT(text, HasSubstr("whole chain"));
}

TEST(VerifyChain, ExplainsASelfSignedLeaf) {
  const auto leaf = *self_sign_certificate(test::leaf_template(), test::make_key());
  EXPECT_THAT(refusal({leaf}, {ca().root.certificate}), HasSubstr("was signed by itself"));
  EXPECT_EQ(refusal({leaf}, {leaf}), "accepted");
}

TEST(VerifyChain, ExplainsAWrongPurpose) {
  auto wanted = test::leaf_template();
  wanted.client_auth = false;
  const auto leaf = ca().issue(wanted);
  EXPECT_EQ(refusal({leaf, ca().issuing.certificate}, {ca().root.certificate}, now, Purpose::server), "accepted");
  const auto text = refusal({leaf, ca().issuing.certificate}, {ca().root.certificate}, now, Purpose::client);
  EXPECT_THAT(text, HasSubstr("is not meant to be used as a TLS client"));
  EXPECT_THAT(text, HasSubstr("clientAuth"));
}

TEST(VerifyChain, ExplainsAChangedCertificate) {
  const auto leaf = ca().issue(test::leaf_template());
  auto der = leaf.der();
  der.back() ^= 1;
  const auto changed = Certificate::from_der(der);
  ASSERT_TRUE(changed);
  EXPECT_THAT(refusal({*changed, ca().issuing.certificate}, {ca().root.certificate}),
              HasSubstr("signature that its issuer's key did not make"));
}

TEST(VerifyChain, ALeafIsNoCa) {
  const auto key = test::make_key();
  const Issuer posing{*issue_certificate(test::leaf_template("posing.test"), key, ca().issuing), key};
  EXPECT_THAT(issue_certificate(test::leaf_template(), test::make_key(), posing).error().what, HasSubstr("not a CA"));
}

TEST(VerifyChain, ExplainsTooManyCas) {
  const auto low = test::TestCa::make("Low", 0);
  auto wanted = test::ca_template("deep CA");
  const auto key = test::make_key();
  const Issuer deep{*issue_certificate(wanted, key, low.issuing), key};
  const auto leaf = *issue_certificate(test::leaf_template(), test::make_key(), deep);
  EXPECT_THAT(refusal({leaf, deep.certificate, low.issuing.certificate}, {low.root.certificate}),
              HasSubstr("allows fewer CAs below it"));
}

TEST(VerifyChain, NothingToVerifyIsRefused) {
  EXPECT_THAT(refusal({}, {ca().root.certificate}), HasSubstr("no certificate was given"));
  EXPECT_THAT(refusal({ca().issuing.certificate}, {}), HasSubstr("no trust anchor"));
}

TEST(IssueCertificate, RefusesWhatItCannotSay) {
  auto wanted = test::leaf_template();
  wanted.common_name = std::string(65, 'a');
  EXPECT_THAT(issue_certificate(wanted, test::make_key(), ca().issuing).error().mend, HasSubstr("64"));
  wanted = test::leaf_template();
  wanted.ip_names = {"192.0.2.256"};
  EXPECT_THAT(issue_certificate(wanted, test::make_key(), ca().issuing).error().what, HasSubstr("not an IP address"));
  wanted = test::leaf_template();
  wanted.not_after = wanted.not_before;
  EXPECT_FALSE(issue_certificate(wanted, test::make_key(), ca().issuing));
  EXPECT_THAT(issue_certificate(test::leaf_template(), test::make_key(), {ca().issuing.certificate, test::make_key()})
                  .error()
                  .what,
              HasSubstr("key does not belong"));
}

}  // namespace
}  // namespace ringwall::crypto
