#include "sip/message/multipart.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

const std::string mixed =
    "preamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello --b1 there\r\n--b1\r\n"
    "content-type: application/SDP;x=y\r\nContent-Disposition: session\r\n\r\nv=0\r\no=-\r\n\r\n--b1--\r\nepilogue";

TEST(SplitMultipart, ReadsParts) {
  const auto parts = split_multipart("multipart/mixed;boundary=\"b1\"", mixed);
  ASSERT_TRUE(parts) << parts.error().text();
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].body, "hello --b1 there");
  EXPECT_EQ((*parts)[1].content_type, "application/SDP;x=y");
  EXPECT_EQ((*parts)[1].body, "v=0\r\no=-\r\n");
}

TEST(SplitMultipart, GivesTextPlainWhereNothingIsNamed) {
  const auto parts = split_multipart("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n--b--");
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0].content_type, "text/plain");
  EXPECT_EQ((*parts)[0].body, "x");
}

TEST(SplitMultipart, RefusesWhatItCannotRead) {
  EXPECT_FALSE(split_multipart("multipart/mixed", mixed));
  EXPECT_FALSE(split_multipart("multipart/mixed;boundary=\"\"", mixed));
  EXPECT_FALSE(split_multipart("multipart/mixed;boundary=" + std::string(71, 'b'), mixed));
  EXPECT_FALSE(split_multipart("multipart/mixed;boundary=other", mixed));
  EXPECT_FALSE(split_multipart("multipart/mixed;boundary=b", "--b\r\n\r\nnever ends"));
  std::string many;
  for (std::size_t i = 0; i <= limits::sip_multipart_parts; ++i)
    many += "--b\r\n\r\nx\r\n";
  EXPECT_FALSE(split_multipart("multipart/mixed;boundary=b", many + "--b--"));
}

TEST(FindPart, FindsTheSessionDescription) {
  const auto found = find_part("multipart/mixed;boundary=b1", mixed, "application/sdp");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, "v=0\r\no=-\r\n");
  EXPECT_EQ(**find_part("Application/SDP", "v=0", "application/sdp"), "v=0");
  EXPECT_FALSE(*find_part("text/plain", "v=0", "application/sdp"));
  EXPECT_FALSE(*find_part("multipart/mixed;boundary=b1", mixed, "application/isup"));
}

TEST(FindPart, EndsAtItsDepth) {
  const auto nested = [](std::size_t levels) {
    std::string type = "application/sdp";
    std::string body = "v=0";
    for (std::size_t i = 0; i < levels; ++i) {
      const std::string boundary = "b" + std::to_string(i) + "x";
      body = "--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n" + body + "\r\n--" + boundary + "--\r\n";
      type = "multipart/mixed;boundary=" + boundary;
    }
    const auto found = find_part(type, body, "application/sdp");
    return found ? std::string(found->value_or("nothing")) : found.error().what;
  };
  EXPECT_EQ(nested(limits::sip_multipart_depth), "v=0");
  EXPECT_EQ(nested(limits::sip_multipart_depth + 1), "multipart bodies are nested deeper than 4");
}

}  // namespace
}  // namespace ringwall::sip
