// RFC 4475: the valid torture messages (section 3.1.1), each with what its section asks of a parser or user agent at
// message level.
#include <gmock/gmock.h>

#include "sip/message/multipart.h"
#include "sip/message/rfc4475.h"

namespace ringwall::sip {
namespace {

using rfc4475::accept;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// 3.1.1 valid messages

TEST(Rfc4475, ShortTortuousInvite_3_1_1_1) {
  const Message message = accept("wsinv");
  EXPECT_EQ(message.method(), Method::invite);
  EXPECT_EQ(message.request_uri().user, "vivekg");
  EXPECT_EQ(message.request_uri().parameters, "unknownparam");
  EXPECT_EQ(message.to().tag, "1918181833n");
  EXPECT_EQ(message.from().display_name, R"(J Rosenberg \\\")");
  EXPECT_EQ(message.from().tag, "98asjd8");
  EXPECT_EQ(message.max_forwards(), 68U);
  EXPECT_EQ(message.cseq().number, 9U);
  EXPECT_EQ(message.top_via().transport, "UDP");
  EXPECT_EQ(message.top_via().host, "192.0.2.2");
  EXPECT_EQ(message.top_via().branch, "390skdjuw");
  const auto vias = message.values(HeaderName::via);
  ASSERT_THAT(vias, SizeIs(3));
  const auto second = parse_via(vias[1]);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->host, "spindle.example.com");
  EXPECT_EQ(second->branch, "z9hG4bK9ikj8");
  const auto third = parse_via(vias[2]);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->branch, "z9hG4bK30239");
  EXPECT_EQ(message.header("NewFangledHeader"), "newfangled value   continued newfangled value");
  EXPECT_EQ(message.header("unknownheaderwithunusualvalue"), ";;,,;;,;");
  EXPECT_EQ(message.header("Subject"), "");
  ASSERT_TRUE(message.contact());
  EXPECT_EQ(find_parameter(message.contact()->parameters, "newparam"), "newvalue");
  EXPECT_EQ(find_parameter(message.contact()->parameters, "secondparam"), "");
  EXPECT_EQ(find_parameter(message.contact()->parameters, "q"), "0.33");
  EXPECT_THAT(message.body(), SizeIs(150));
}

TEST(Rfc4475, WideRangeOfValidCharacters_3_1_1_2) {
  const Message message = accept("intmeth");
  EXPECT_EQ(message.method(), Method::other);
  EXPECT_EQ(message.method_name(), "!interesting-Method0123456789_*+`.%indeed'~");
  EXPECT_EQ(message.request_uri().host, "example.com");
  EXPECT_EQ(message.request_uri().user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  EXPECT_EQ(message.request_uri().password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  EXPECT_EQ(message.from().display_name, "token1~` token2'+_ token3*%!.-");
  EXPECT_EQ(message.from().tag, "_token~1'+`*%!-.");
  EXPECT_EQ(message.call_id(), "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
  EXPECT_EQ(message.max_forwards(), 255U);
  EXPECT_EQ(message.header("extensionHeader-!.%*+_`'~"), "\xEF\xBB\xBF\xE5\xA4\xA7\xE5\x81\x9C\xE9\x9B\xBB");
}

TEST(Rfc4475, ValidUseOfPercentEscape_3_1_1_3) {
  const Message message = accept("esc01");
  EXPECT_EQ(message.request_uri().user, "sips%3Auser%40example.com");
  EXPECT_EQ(unescape(message.request_uri().user), "sips:user@example.com");
  EXPECT_EQ(unescape(message.to().uri.user), "user");
  EXPECT_TRUE(equivalent(*parse_uri("sip:%75se%72@example.com"), *parse_uri("sip:user@example.com")));
}

TEST(Rfc4475, EscapedNullsInUris_3_1_1_4) {
  const Message message = accept("escnull");
  EXPECT_EQ(unescape(message.to().uri.user), std::string_view("null-\0-null", 11));
  ASSERT_THAT(message.values(HeaderName::contact), SizeIs(2));
  EXPECT_EQ(message.contact()->uri.user, "%00");
}

TEST(Rfc4475, PercentThatIsNoEscape_3_1_1_5) {
  const Message message = accept("esc02");
  EXPECT_EQ(message.method_name(), "RE%47IST%45R");
  EXPECT_EQ(message.method(), Method::other) << "it is not REGISTER";
  EXPECT_EQ(message.to().display_name, "%Z%45");
  EXPECT_THAT(message.values(HeaderName::contact), SizeIs(2)) << "C%6Fntact is not Contact";
}

TEST(Rfc4475, NoSpaceBeforeAngleBracket_3_1_1_6) {
  const Message message = accept("lwsdisp");
  EXPECT_EQ(message.from().display_name, "caller");
  EXPECT_EQ(message.from().uri.text, "sip:caller@example.com");
}

TEST(Rfc4475, LongValues_3_1_1_7) {
  const Message message = accept("longreq");
  EXPECT_EQ(message.method(), Method::invite);
  EXPECT_THAT(message.to().display_name, StartsWith("I have a user name of extremeextreme"));
  EXPECT_THAT(message.values(HeaderName::via), SizeIs(34));
  EXPECT_THAT(std::string(message.header(
                  "unknown-longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong-name")),
              StartsWith("unknown-longlonglong"));
}

TEST(Rfc4475, ExtraOctetsAfterARequest_3_1_1_8) {
  const Message message = accept("dblreq");
  EXPECT_EQ(message.method(), Method::register_);
  EXPECT_EQ(message.body(), "");
  EXPECT_THAT(std::string(message.bytes()), testing::Not(HasSubstr("INVITE")));
}

TEST(Rfc4475, SemicolonInUserPart_3_1_1_9) {
  const Message message = accept("semiuri");
  EXPECT_EQ(message.request_uri().user, "user;par=u%40example.net");
  EXPECT_EQ(message.request_uri().parameters, "");
}

TEST(Rfc4475, VariedTransports_3_1_1_10) {
  const Message message = accept("transports");
  std::vector<std::string_view> transports;
  for (std::string_view value : message.values(HeaderName::via))
    transports.push_back(parse_via(value)->transport);
  EXPECT_THAT(transports, ElementsAre("UDP", "SCTP", "TLS", "UNKNOWN", "TCP"));
}

TEST(Rfc4475, MultipartMime_3_1_1_11) {
  const Message message = accept("mpart01");
  EXPECT_EQ(message.method(), Method::message);
  const auto parts = split_multipart(message.header(HeaderName::content_type), message.body());
  ASSERT_TRUE(parts) << parts.error().text();
  ASSERT_THAT(*parts, SizeIs(2));
  EXPECT_EQ((*parts)[0].content_type, "text/plain");
  EXPECT_THAT(std::string((*parts)[0].body), HasSubstr("Hello"));
  EXPECT_EQ(media_type((*parts)[1].content_type), "application/octet-stream");
}

TEST(Rfc4475, UnusualReasonPhrase_3_1_1_12) {
  const Message message = accept("unreason");
  EXPECT_EQ(message.status(), 200);
  EXPECT_THAT(std::string(message.reason_phrase()), StartsWith("= 2**3 * 5**2 "));
}

TEST(Rfc4475, EmptyReasonPhrase_3_1_1_13) {
  const Message message = accept("noreason");
  EXPECT_EQ(message.status(), 100);
  EXPECT_EQ(message.reason_phrase(), "");
}

}  // namespace
}  // namespace ringwall::sip
