#include "sip/message/contact_headers.h"

#include <gtest/gtest.h>

#include <list>

namespace ringwall::sip {
namespace {

Result<ContactParameters> contact(std::string_view text) {
  return parse_contact_parameters(parse_name_addr(text).value());
}
/// The views point into a text that is kept.
Result<ViaParameters> via(std::string_view parameters) {
  static std::list<std::string> kept;
  kept.push_back(std::string("SIP/2.0/TLS a.test;branch=z9hG4bK1").append(parameters));
  return parse_via_parameters(parse_via(kept.back()).value());
}

TEST(ParseContactParameters, ReadsARegisteredContact) {
  const auto full = contact(
      "<sip:a@b>;q=0.25;Expires=60;+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";reg-id=1"
      ";pub-gruu=\"sip:a@b;gr=1\";temp-gruu=\"sip:t@b;gr\";isfocus;other=\"x\"");
  ASSERT_TRUE(full) << full.error().text();
  EXPECT_EQ(full->q, 250);
  EXPECT_EQ(full->expires, 60U);
  EXPECT_EQ(full->instance, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(full->reg_id, 1U);
  EXPECT_EQ(full->public_gruu, "sip:a@b;gr=1");
  EXPECT_EQ(full->temporary_gruu, "sip:t@b;gr");
  EXPECT_TRUE(full->is_focus);
  const auto bare = contact("<sip:a@b>");
  EXPECT_EQ(bare->q, 1000);
  EXPECT_FALSE(bare->expires);
  EXPECT_FALSE(bare->reg_id);
}

TEST(ParseContactParameters, TakesABadExpiresForAnHour) {
  EXPECT_EQ(contact("<sip:a@b>;expires=soon")->expires, 3600U);
}

TEST(ParseContactParameters, RefusesBadOnes) {
  for (const char* bad : {"<sip:a@b>;q=1.1", "<sip:a@b>;q", "<sip:a@b>;reg-id=0", "<sip:a@b>;reg-id=2147483648",
                          "<sip:a@b>;reg-id=x", "<sip:a@b>;+sip.instance=\"urn:x\"", "<sip:a@b>;+sip.instance=\"<>\""})
    EXPECT_FALSE(contact(bad)) << bad;
}

TEST(ParseViaParameters, ReadsThemAll) {
  const auto full =
      via(";received=2001:db8::9;rport=5061;ttl=16;maddr=[2001:db8::1];alias;keep=30;oc=20;oc-algo=\"loss\""
          ";oc-validity=500;oc-seq=1282321615.782");
  ASSERT_TRUE(full) << full.error().text();
  EXPECT_EQ(full->received, "2001:db8::9");
  EXPECT_TRUE(full->has_rport);
  EXPECT_EQ(full->rport, 5061);
  EXPECT_EQ(full->ttl, 16);
  EXPECT_EQ(full->maddr, "[2001:db8::1]");
  EXPECT_TRUE(full->alias);
  EXPECT_EQ(full->keep, 30U);
  EXPECT_EQ(full->oc, 20U);
  EXPECT_EQ(full->oc_algorithm, "loss");
  EXPECT_EQ(full->oc_validity, 500U);
  EXPECT_EQ(full->oc_sequence, "1282321615.782");
}

TEST(ParseViaParameters, KnowsWhatIsOnlyAskedFor) {
  const auto asked = via(";rport;keep;oc;oc-algo=\"loss,rate\"");
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->has_rport);
  EXPECT_EQ(asked->rport, 0);
  EXPECT_TRUE(asked->has_keep);
  EXPECT_FALSE(asked->keep);
  EXPECT_TRUE(asked->has_oc);
  EXPECT_FALSE(asked->oc);
  EXPECT_FALSE(via("")->has_rport);
}

TEST(ParseViaParameters, RefusesBadOnes) {
  for (const char* bad : {";received", ";received=a/b", ";ttl=256", ";ttl=x", ";rport=0", ";rport=70000", ";rport=x",
                          ";keep=x", ";oc=x", ";oc-validity=x", ";oc-validity", ";maddr=\"a b\""})
    EXPECT_FALSE(via(bad)) << bad;
}

}  // namespace
}  // namespace ringwall::sip
