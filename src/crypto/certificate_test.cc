#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/test_certificates.h"

namespace ringwall::crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const test::TestCa& ca() {
  static const auto made = test::TestCa::make();
  return made;
}

Certificate named(std::vector<std::string> uris, std::vector<std::string> dns, std::string common_name = "cn.example") {
  auto wanted = test::leaf_template();
  wanted.common_name = std::move(common_name);
  wanted.uri_names = std::move(uris);
  wanted.dns_names = std::move(dns);
  return ca().issue(wanted);
}

TEST(Certificate, SaysWhatItsTemplateSaid) {
  auto wanted = test::leaf_template("edge.ringwall.test");
  wanted.organization = "Example, Inc.";
  wanted.ip_names = {"192.0.2.1", "2001:db8::1"};
  const auto facts = ca().issue(wanted).facts();
  EXPECT_EQ(facts.subject, "CN=edge.ringwall.test,O=Example\\, Inc.");
  EXPECT_EQ(facts.common_name, "edge.ringwall.test");
  EXPECT_EQ(facts.issuer, "CN=Test issuing CA");
  EXPECT_EQ(facts.serial.size(), 32u);
  EXPECT_EQ(facts.not_before, wanted.not_before);
  EXPECT_EQ(facts.not_after, wanted.not_after);
  EXPECT_THAT(facts.dns_names, ElementsAre("edge.ringwall.test"));
  EXPECT_THAT(facts.uri_names, ElementsAre("sip:edge.ringwall.test"));
  EXPECT_THAT(facts.ip_names, ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_THAT(facts.purposes, ElementsAre("serverAuth", "clientAuth"));
  EXPECT_FALSE(facts.is_ca);
  EXPECT_EQ(facts.path_length, std::nullopt);
  EXPECT_EQ(facts.key_type, "EC P-256");
  EXPECT_EQ(facts.signature_type, "ecdsa-with-SHA256");
  EXPECT_EQ(facts.authority_key_id, ca().issuing.certificate.facts().subject_key_id);
  EXPECT_EQ(facts.subject_key_id.size(), 40u);
  EXPECT_EQ(facts.fingerprint.size(), 64u);
}

TEST(Certificate, AnIssuingCaSaysSo) {
  const auto& facts = ca().issuing.certificate.facts();
  EXPECT_TRUE(facts.is_ca);
  EXPECT_EQ(facts.path_length, 0u);
  EXPECT_THAT(facts.purposes, IsEmpty());
}

TEST(Certificate, SerialsAreNeverEqual) {
  EXPECT_NE(ca().issue(test::leaf_template()).serial(), ca().issue(test::leaf_template()).serial());
}

TEST(Certificate, GoesThroughPemAndDerUnchanged) {
  const auto one = ca().issue(test::leaf_template());
  EXPECT_EQ(*Certificate::from_pem(one.pem()), one);
  EXPECT_EQ(*Certificate::from_der(one.der()), one);
}

TEST(Certificate, DerMustEndWhereTheCertificateEnds) {
  auto der = ca().issue(test::leaf_template()).der();
  der.push_back(0);
  const auto read = Certificate::from_der(der, "peer");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, "peer");
  EXPECT_THAT(read.error().what, HasSubstr("after the certificate"));
}

TEST(Certificate, EveryCutOfTheDerIsRefused) {
  const auto der = ca().issue(test::leaf_template()).der();
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(Certificate::from_der(Bytes(der).first(size)));
}

TEST(Certificate, AChainIsReadInItsOrder) {
  const auto leaf = ca().issue(test::leaf_template());
  const std::vector chain{leaf, ca().issuing.certificate, ca().root.certificate};
  const auto read = read_certificates("a comment before\n" + print_pem(chain) + "and one after\n");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, chain);
}

TEST(Certificate, AChainFileMustHoldWholeCertificates) {
  EXPECT_THAT(read_certificates("", "anchors.pem").error().what, HasSubstr("no certificate"));
  EXPECT_THAT(read_certificates("hello", "anchors.pem").error().where, "anchors.pem");
  std::string text = print_pem({ca().root.certificate, ca().issuing.certificate});
  text.replace(text.rfind("-----END") - 100, 10, "!!!!!!!!!!");
  const auto broken = read_certificates(text, "anchors.pem");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().what, HasSubstr("certificate 2"));
}

TEST(Certificate, ABundleHasALimit) {
  std::string text;
  for (std::size_t i = 0; i <= limits::certificates_per_file; ++i)
    text += ca().root.certificate.pem();
  EXPECT_THAT(read_certificates(text).error().what, HasSubstr("more than 1000"));
}

TEST(Certificate, KnowsItsKey) {
  const auto key = test::make_key();
  const auto one = *issue_certificate(test::leaf_template(), key, ca().issuing);
  EXPECT_TRUE(one.belongs_to(key));
  EXPECT_FALSE(one.belongs_to(test::make_key()));
  EXPECT_FALSE(one.belongs_to(*PrivateKey::generate(KeyType::rsa2048)));
}

TEST(Certificate, VerifiesSignaturesOfItsKeyAlone) {
  for (const auto type : {KeyType::p256, KeyType::p384, KeyType::rsa2048, KeyType::ed25519}) {
    const auto key = *PrivateKey::generate(type);
    const auto one = *issue_certificate(test::leaf_template(), key, ca().issuing);
    auto signature = key.sign(as_bytes("message"));
    EXPECT_TRUE(one.verify(as_bytes("message"), signature)) << print(type);
    EXPECT_FALSE(one.verify(as_bytes("massage"), signature)) << print(type);
    EXPECT_FALSE(ca().root.certificate.verify(as_bytes("message"), signature)) << print(type);
    signature.back() ^= 1;
    EXPECT_FALSE(one.verify(as_bytes("message"), signature)) << print(type);
    EXPECT_FALSE(one.verify(as_bytes("message"), {})) << print(type);
  }
}

// RFC 5922 section 7.1
TEST(SipIdentities, SipUrisComeFirst) {
  EXPECT_THAT(named({"sip:a.example", "sip:b.example"}, {"c.example"}).sip_identities(),
              ElementsAre("a.example", "b.example"));
}
TEST(SipIdentities, DnsNamesWithoutASipUri) {
  EXPECT_THAT(named({}, {"c.example", "D.Example"}).sip_identities(), ElementsAre("c.example", "d.example"));
}
TEST(SipIdentities, CommonNameOnlyWithoutAnySubjectAltName) {
  EXPECT_THAT(named({}, {}, "CN.example").sip_identities(), ElementsAre("cn.example"));
  EXPECT_THAT(named({"https://x.example"}, {}).sip_identities(), IsEmpty());
}
TEST(SipIdentities, AUriWithAUserNamesNoDomain) {
  EXPECT_THAT(named({"sip:alice@a.example"}, {"c.example"}).sip_identities(), ElementsAre("c.example"));
  EXPECT_THAT(named({"sip:a.example;x=@b.example"}, {}).sip_identities(), IsEmpty());
  EXPECT_THAT(named({"sip:victim.example;x@evil.example"}, {}).sip_identities(), IsEmpty());
  EXPECT_THAT(named({"sip:victim.example?x@evil.example"}, {}).sip_identities(), IsEmpty());
}
TEST(SipIdentities, OtherSchemesDoNotCount) {
  EXPECT_THAT(named({"sips:a.example", "https://a.example", "im:a.example"}, {"c.example"}).sip_identities(),
              ElementsAre("c.example"));
}
TEST(SipIdentities, TheSchemeAndTheHostAreReadWithoutRegardToCase) {
  const auto one = named({"SIP:A.Example"}, {});
  EXPECT_THAT(one.sip_identities(), ElementsAre("a.example"));
  EXPECT_TRUE(one.identifies("a.EXAMPLE"));
}
TEST(SipIdentities, PortAndParametersAreNoPartOfTheName) {
  EXPECT_THAT(named({"sip:a.example:5061;transport=tls"}, {}).sip_identities(), ElementsAre("a.example"));
  EXPECT_THAT(named({"sip:a.example:port", "sip:b.example:"}, {}).sip_identities(), IsEmpty());
}
TEST(SipIdentities, EscapesAndOddHostsNameNothing) {
  EXPECT_THAT(named({"sip:%61.example", "sip:[2001:db8::1]", "sip:", "sip:a.example/x"}, {}).sip_identities(),
              IsEmpty());
}
TEST(SipIdentities, WildcardsNeverMatch) {
  const auto one = named({"sip:*.example"}, {"*.example", "c.example"});
  EXPECT_THAT(one.sip_identities(), ElementsAre("c.example"));
  EXPECT_FALSE(one.identifies("a.example"));
  EXPECT_FALSE(one.identifies("*.example"));
  EXPECT_THAT(named({}, {}, "*.example").sip_identities(), IsEmpty());
}
TEST(SipIdentities, NoSubdomainMatches) {
  const auto one = named({}, {"c.example"});
  EXPECT_FALSE(one.identifies("a.c.example"));
  EXPECT_FALSE(one.identifies("example"));
  EXPECT_FALSE(one.identifies(""));
}
TEST(SipIdentities, NamesWithForbiddenCharactersAreLeftOut) {
  const std::string with_zero("good.example\0.evil.example", 26);
  const auto one = named({}, {with_zero, "a b.example", "", "c.example"});
  EXPECT_THAT(one.facts().dns_names, ElementsAre("c.example"));
  EXPECT_FALSE(one.identifies("good.example"));
}
TEST(SipIdentities, ABrokenSubjectAltNameStillHidesTheCommonName) {
  const auto one = named({}, {"a b.example"}, "cn.example");
  EXPECT_TRUE(one.facts().has_names);
  EXPECT_THAT(one.sip_identities(), IsEmpty());
}

}  // namespace
}  // namespace ringwall::crypto
