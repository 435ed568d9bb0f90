#include "sip/message/content_headers.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

TEST(ParseContentType, ReadsParameters) {
  const auto type = parse_content_type("Multipart/Mixed ; boundary=\"a b\";charset=utf-8");
  ASSERT_TRUE(type) << type.error().text();
  EXPECT_TRUE(type->is("multipart", "mixed"));
  EXPECT_FALSE(type->is("multipart", "related"));
  EXPECT_EQ(type->parameters.find("boundary"), "a b");
  EXPECT_TRUE(parse_content_type("application / sdp")->is("application", "sdp"));
  EXPECT_EQ(parse_content_type("text/plain;a")->parameters.find("a"), "") << "a parameter needs no value";
  for (const char* bad : {"", "text", "text/", "/plain", "text/plain;", "te xt/plain", "a/b/c", "text/plain;a=1;a=2"})
    EXPECT_FALSE(parse_content_type(bad)) << bad;
}

TEST(ParseContentDisposition, KnowsWhatIsOptional) {
  EXPECT_TRUE(parse_content_disposition("session")->required);
  EXPECT_EQ(parse_content_disposition("session")->type, "session");
  EXPECT_FALSE(parse_content_disposition("alert;handling=optional")->required);
  EXPECT_TRUE(parse_content_disposition("alert;handling=required")->required);
  for (const char* bad : {"", ";handling=optional", "a b", "session;handling", "session;handling=\"a b\""})
    EXPECT_FALSE(parse_content_disposition(bad)) << bad;
}

TEST(ParseMimeVersion, IsTwoNumbers) {
  EXPECT_EQ(parse_mime_version("1.0")->major, 1);
  EXPECT_EQ(parse_mime_version("2.13")->minor, 13);
  for (const char* bad : {"", "1", "1.", ".0", "1.0.0", "a.b"})
    EXPECT_FALSE(parse_mime_version(bad)) << bad;
}

TEST(ParseInfo, ReadsAnyUri) {
  const auto info = parse_info("<http://wwww.example.com/alice/photo.jpg> ;purpose=icon");
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->uri.text, "http://wwww.example.com/alice/photo.jpg");
  EXPECT_EQ(info->purpose, "icon");
  EXPECT_EQ(parse_info("<sip:not-in-service@b.test>")->uri.user, "not-in-service");
  for (const char* bad : {"", "http://a.test", "<>", "<http://a.test", "<http://a b>", "<http://a.test>x", "<a>"})
    EXPECT_FALSE(parse_info(bad)) << bad;
}

TEST(ProductReader, WalksProductsAndComments) {
  ProductReader reader("HomeServer v2 (beta (2)) Softphone/1.5");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.product(), "HomeServer");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.product(), "v2");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.comment(), "beta (2)");
  EXPECT_EQ(reader.product(), "");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.version(), "1.5");
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
  for (const char* bad : {"(a", "a/b/c", "a@b", "/1"}) {
    ProductReader broken(bad);
    while (broken.next()) {
    }
    EXPECT_FALSE(broken.ok()) << bad;
  }
}

}  // namespace
}  // namespace ringwall::sip
