#include "sip/message/auth_params.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

TEST(ParseAuth, ReadsAChallenge) {
  const auto challenge = parse_auth(
      "Digest realm=\"atlanta \\\"west\\\", ga\", domain = \"sip:a.test sip:b.test\" ,\tqop=\"auth,auth-int\","
      " nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"\", stale=FALSE, algorithm=SHA-256");
  ASSERT_TRUE(challenge) << challenge.error().text();
  EXPECT_EQ(challenge->scheme, "Digest");
  EXPECT_TRUE(challenge->is_digest());
  EXPECT_EQ(challenge->find("REALM"), "atlanta \\\"west\\\", ga");
  EXPECT_EQ(challenge->text("realm"), "atlanta \"west\", ga");
  EXPECT_EQ(challenge->find("qop"), "auth,auth-int");
  EXPECT_EQ(challenge->find("opaque"), "");
  EXPECT_EQ(challenge->find("algorithm"), "SHA-256");
  EXPECT_EQ(challenge->find("charset"), std::nullopt);
  EXPECT_EQ(challenge->text("charset"), "");
}

TEST(ParseAuth, ReadsCredentials) {
  const auto credentials =
      parse_auth("digest username=\"bob\",uri=\"sip:a.test\",nc=00000001,cnonce=\"0a4f\",response=\"aa\"");
  ASSERT_TRUE(credentials);
  EXPECT_TRUE(credentials->is_digest());
  EXPECT_EQ(credentials->find("nc"), "00000001");
  AuthParameterReader reader(credentials->parameters);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.name(), "username");
  EXPECT_TRUE(reader.quoted());
  while (reader.next()) {
    if (reader.name() == "nc") {
      EXPECT_FALSE(reader.quoted());
    }
  }
  EXPECT_TRUE(reader.ok());
}

TEST(ParseAuth, KeepsOtherSchemes) {
  const auto bearer = parse_auth("Bearer mF_9.B5f-4.1JqM==");
  ASSERT_TRUE(bearer);
  EXPECT_FALSE(bearer->is_digest());
  EXPECT_EQ(bearer->token, "mF_9.B5f-4.1JqM==");
  EXPECT_EQ(parse_auth("NTLM realm=\"x\"")->find("realm"), "x");
}

TEST(ParseAuth, ToleratesUnquotedUrisAndEmptyElements) {
  EXPECT_EQ(parse_auth("Digest ,realm=\"x\",, uri=sip:a@b.test,")->find("uri"), "sip:a@b.test");
}

class BadAuth : public testing::TestWithParam<const char*> {};
TEST_P(BadAuth, IsRefused) {
  EXPECT_FALSE(parse_auth(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(ParseAuth, BadAuth,
                         testing::Values("", " ", "Digest", "Digest ", "Digest ,", "=",
                                         "Digest realm=", "Digest realm=\"x", "Digest realm=\"x\" nonce=\"y\"",
                                         "Digest realm=\"x\", realm=\"y\"", "Digest realm=\"x\", Realm=y",
                                         "Digest =\"x\"", "Digest realm=\"x\"y", "Digest realm=\"x\\\"",
                                         "Digest a=1, Digest realm=\"x\"", "Dig\"est a=1", "Digest a=b\"c\""));

TEST(ParseAuth, LimitsTheNumberOfParameters) {
  std::string text = "Digest ";
  for (std::size_t i = 0; i < limits::sip_parameter_count; ++i)
    text += (i == 0 ? "a" : ", a") + std::to_string(i) + "=1";
  EXPECT_TRUE(parse_auth(text));
  EXPECT_FALSE(parse_auth(text + ", b=1"));
}

TEST(ParseAuthenticationInfo, HasNoScheme) {
  const auto info = parse_authentication_info("nextnonce=\"47364c23432d2e131a5fb210812c\", qop=auth, rspauth=\"ab\"");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->scheme, "");
  EXPECT_EQ(info->find("nextnonce"), "47364c23432d2e131a5fb210812c");
  EXPECT_FALSE(parse_authentication_info("Digest qop=auth"));
  EXPECT_FALSE(parse_authentication_info(""));
}

}  // namespace
}  // namespace ringwall::sip
