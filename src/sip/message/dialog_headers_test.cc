#include "sip/message/dialog_headers.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

TEST(ParseRSeq, BeginsAtOne) {
  EXPECT_EQ(parse_rseq("1"), 1U);
  EXPECT_EQ(parse_rseq("4294967295"), 4294967295U);
  for (const char* bad : {"", "0", "4294967296", "-1", "x", "1 2"})
    EXPECT_FALSE(parse_rseq(bad)) << bad;
}

TEST(ParseRack, ReadsThreeWords) {
  const auto rack = parse_rack("776656 \t1 INVITE");
  ASSERT_TRUE(rack) << rack.error().text();
  EXPECT_EQ(rack->rseq, 776656U);
  EXPECT_EQ(rack->cseq.number, 1U);
  EXPECT_EQ(rack->cseq.method, Method::invite);
  for (const char* bad : {"", "1", "1 2", "1 INVITE", "0 1 INVITE", "4294967296 1 INVITE", "1 4294967296 INVITE",
                          "1 1 INVITE x", "11INVITE", "a 1 INVITE"})
    EXPECT_FALSE(parse_rack(bad)) << bad;
}

TEST(ParseReplaces, ReadsTheExampleOfTheRfc) {
  const auto replaces = parse_replaces("98732@sip.example.com\r\n ;from-tag=r33th4x0r\r\n ;to-tag=ff87ff");
  EXPECT_FALSE(replaces) << "a value has no line ends any more";
  const auto unfolded = parse_replaces("98732@sip.example.com   ;from-tag=r33th4x0r ;to-tag=ff87ff");
  ASSERT_TRUE(unfolded) << unfolded.error().text();
  EXPECT_EQ(unfolded->call_id, "98732@sip.example.com");
  EXPECT_EQ(unfolded->from_tag, "r33th4x0r");
  EXPECT_EQ(unfolded->to_tag, "ff87ff");
  EXPECT_FALSE(unfolded->early_only);
  EXPECT_TRUE(parse_replaces("a;to-tag=1;from-tag=2;early-only")->early_only);
  EXPECT_EQ(print(*parse_replaces("a;from-tag=2; early-only;to-tag=1")), "a;to-tag=1;from-tag=2;early-only");
}

TEST(ParseReplaces, NamesBothTagsOnce) {
  for (const char* bad : {"", "a", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2", "a b;to-tag=1;from-tag=2",
                          "a;to-tag=1;to-tag=1;from-tag=2", "a;to-tag=;from-tag=2", "a;to-tag=1;from-tag",
                          "a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2"})
    EXPECT_FALSE(parse_replaces(bad)) << bad;
}

TEST(ParseJoin, IsLikeReplaces) {
  const auto join = parse_join("12adf2f34456gs5;to-tag=12345;from-tag=54321");
  ASSERT_TRUE(join);
  EXPECT_EQ(join->to_tag, "12345");
  EXPECT_FALSE(parse_join("12adf2f34456gs5;to-tag=12345"));
}

TEST(ParseTargetDialog, ReadsTheExampleOfTheRfc) {
  const auto target = parse_target_dialog("fa77as7dad8-sd98ajzz@host.example.com ;local-tag=kkaz-;remote-tag=6544");
  ASSERT_TRUE(target) << target.error().text();
  EXPECT_EQ(target->local_tag, "kkaz-");
  EXPECT_EQ(target->remote_tag, "6544");
  EXPECT_FALSE(parse_target_dialog("a;local-tag=1"));
}

TEST(ParseReferTo, FindsTheReplacesInside) {
  const auto refer = parse_refer_to(
      "\"Dave\" <sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>");
  ASSERT_TRUE(refer) << refer.error().text();
  EXPECT_EQ(refer->target.uri.user, "dave");
  EXPECT_EQ(refer->replaces, "12345@192.168.118.3;to-tag=12345;from-tag=5FFE-3994");
  ASSERT_TRUE(parse_replaces(refer->replaces));
  EXPECT_EQ(refer->method, Method::invite);
  EXPECT_EQ(parse_refer_to("<sip:bob@b.test;method=SUBSCRIBE>")->method, Method::subscribe);
  EXPECT_EQ(parse_refer_to("sip:bob@b.test")->target.uri.user, "bob");
  for (const char* bad : {"", "<>", "<sip:a@b>, <sip:c@d>", "bob"})
    EXPECT_FALSE(parse_refer_to(bad)) << bad;
}

TEST(ParseReferredBy, ReadsItsToken) {
  const auto by = parse_referred_by("<sip:referror@referror.example>;cid=\"20398823.2UWQFN309shb3@referror.example\"");
  ASSERT_TRUE(by) << by.error().text();
  EXPECT_EQ(by->cid, "20398823.2UWQFN309shb3@referror.example");
  EXPECT_EQ(parse_referred_by("sip:r@ref.example")->cid, "");
  EXPECT_FALSE(parse_referred_by("r"));
}

TEST(ParseReferSub, IsTrueOrFalse) {
  EXPECT_EQ(parse_refer_sub("false"), false);
  EXPECT_EQ(parse_refer_sub("TRUE;x=1"), true);
  EXPECT_FALSE(parse_refer_sub(""));
  EXPECT_FALSE(parse_refer_sub("no"));
  EXPECT_FALSE(parse_refer_sub("true;"));
}

TEST(FindUriHeader, UnescapesNameAndValue) {
  const auto uri = parse_uri("sip:a@b?subject=one%20two&Re%70laces=x&Empty=");
  ASSERT_TRUE(uri) << uri.error().text();
  EXPECT_EQ(find_uri_header(*uri, "Subject"), "one two");
  EXPECT_EQ(find_uri_header(*uri, "replaces"), "x");
  EXPECT_EQ(find_uri_header(*uri, "empty"), "");
  EXPECT_EQ(find_uri_header(*uri, "Route"), std::nullopt);
}

}  // namespace
}  // namespace ringwall::sip
