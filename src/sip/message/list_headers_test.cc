#include "sip/message/list_headers.h"

#include <gmock/gmock.h>

namespace ringwall::sip {
namespace {

using testing::ElementsAre;

Message message(const std::string& headers) {
  auto out = Message::parse(
      "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS c;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
      "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n" +
      headers + "\r\n");
  if (!out) throw std::runtime_error(out.error().reason);
  return std::move(*out);
}

std::vector<std::string> list(std::string_view field) {
  std::vector<std::string> out;
  ListReader reader(field);
  while (reader.next())
    out.emplace_back(reader.value());
  return out;
}

TEST(ListReader, CutsAtCommasOutsideQuotes) {
  EXPECT_THAT(list("a, b ,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(list(" ,a,, "), ElementsAre("a"));
  EXPECT_THAT(list("\"x, \\\" y\" <sip:a,b@c>;z=\",\", d"), ElementsAre("\"x, \\\" y\" <sip:a,b@c>;z=\",\"", "d"));
  EXPECT_THAT(list(""), ElementsAre());
}

TEST(HasToken, LooksThroughAllFields) {
  const Message options = message("Supported: path , 100REL\r\nk: timer\r\nAllow: INVITE, ACK\r\nRequire: a;x=1\r\n");
  EXPECT_TRUE(has_token(options, HeaderName::supported, "100rel"));
  EXPECT_TRUE(has_token(options, HeaderName::supported, "timer"));
  EXPECT_TRUE(has_token(options, HeaderName::require, "a"));
  EXPECT_FALSE(has_token(options, HeaderName::supported, "tim"));
  EXPECT_FALSE(has_token(options, HeaderName::proxy_require, "timer"));
  EXPECT_TRUE(allows(options, "ACK"));
  EXPECT_FALSE(allows(options, "ack")) << "methods compare with case";
}

TEST(HasOneValue, CountsThroughAllFields) {
  const Message options = message("Supported: path, timer\r\nRequire: a\r\nProxy-Require: a\r\nProxy-Require: b\r\n");
  EXPECT_TRUE(has_one_value(options, HeaderName::via));
  EXPECT_TRUE(has_one_value(options, HeaderName::require));
  EXPECT_FALSE(has_one_value(options, HeaderName::supported));
  EXPECT_FALSE(has_one_value(options, HeaderName::proxy_require));
  EXPECT_FALSE(has_one_value(options, HeaderName::route));
}

TEST(AddressReader, WalksAList) {
  AddressReader reader("\"a, b\" <sip:a,b@c;x=1> ;q=0.5 , sip:d@e;tag=7,<tel:+1>");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.value().display_name, "a, b");
  EXPECT_EQ(reader.value().parameters, "q=0.5");
  EXPECT_EQ(reader.text(), "\"a, b\" <sip:a,b@c;x=1> ;q=0.5");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.value().tag, "7");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.value().uri.user, "+1");
  EXPECT_EQ(reader.value().tag, "") << "nothing is left of the one before";
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(AddressReader, EndsAtTheFirstMistake) {
  for (const char* bad : {"", "<sip:a@b>,", "<sip:a@b>,,<sip:c@d>", "<sip:a@b> x", "\"a <sip:a@b>", ",<sip:a@b>"}) {
    AddressReader reader(bad);
    while (reader.next()) {
    }
    EXPECT_FALSE(reader.ok()) << bad;
    EXPECT_FALSE(reader.next());
  }
}

TEST(ParseAcceptRange, ReadsWeights) {
  EXPECT_EQ(parse_accept_range("application/sdp;level=1;q=0.3")->q, 300);
  EXPECT_EQ(parse_accept_range("*/*")->range, "*/*");
  EXPECT_EQ(parse_accept_range("en ; q=0")->q, 0);
  for (const char* bad : {"", ";q=1", "a/", "/b", "a/b/c", "a b", "a;q=2", "a;q"})
    EXPECT_FALSE(parse_accept_range(bad)) << bad;
}

TEST(Accepts, TakesTheClosestRange) {
  EXPECT_TRUE(accepts(message(""), "application/sdp"));
  EXPECT_FALSE(accepts(message(""), "text/plain"));
  const Message choosy = message("Accept: text/*, text/html;q=0, application/pidf+xml\r\n");
  EXPECT_TRUE(accepts(choosy, "text/plain"));
  EXPECT_FALSE(accepts(choosy, "text/html"));
  EXPECT_TRUE(accepts(choosy, "Application/PIDF+xml"));
  EXPECT_FALSE(accepts(choosy, "application/sdp"));
  EXPECT_TRUE(accepts(message("Accept: */*\r\n"), "application/sdp"));
  EXPECT_FALSE(accepts(message("Accept: \r\n"), "application/sdp")) << "an empty Accept accepts nothing";
}

}  // namespace
}  // namespace ringwall::sip
