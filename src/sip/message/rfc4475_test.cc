// RFC 4475: the other torture messages, each with what its section asks of a parser or user agent at message level.
#include <gmock/gmock.h>

#include <filesystem>

#include "sip/message/auth_params.h"
#include "sip/message/list_headers.h"
#include "sip/message/rfc4475.h"
#include "sip/message/timer_headers.h"

namespace ringwall::sip {
namespace {

using rfc4475::accept;
using rfc4475::expect_bad_request;
using rfc4475::refuse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// 3.1.2 invalid messages

TEST(Rfc4475, ExtraneousSeparators_3_1_2_1) {
  expect_bad_request("badinv01", "Via");
}
TEST(Rfc4475, ContentLengthLargerThanMessage_3_1_2_2) {
  expect_bad_request("clerr", "Content-Length");
}
TEST(Rfc4475, NegativeContentLength_3_1_2_3) {
  expect_bad_request("ncl", "Content-Length");
}
TEST(Rfc4475, OutOfRangeScalarsInRequest_3_1_2_4) {
  expect_bad_request("scalar02", "CSeq");
}

TEST(Rfc4475, OutOfRangeScalarsInResponse_3_1_2_5) {
  const ParseError error = refuse("scalarlg");
  EXPECT_FALSE(error.answerable) << "a response is discarded";
  EXPECT_THAT(error.reason, HasSubstr("CSeq"));
}

TEST(Rfc4475, UnterminatedQuotedString_3_1_2_6) {
  expect_bad_request("quotbal", "To");
}
TEST(Rfc4475, AngleBracketsAroundRequestUri_3_1_2_7) {
  expect_bad_request("ltgtruri", "Request-URI");
}
TEST(Rfc4475, SpaceInRequestUri_3_1_2_8) {
  expect_bad_request("lwsruri", "request line");
}
TEST(Rfc4475, SeveralSpacesInRequestLine_3_1_2_9) {
  expect_bad_request("lwsstart", "request line");
}
TEST(Rfc4475, SpaceAfterRequestLine_3_1_2_10) {
  expect_bad_request("trws", "request line");
}
TEST(Rfc4475, EscapedHeadersInRequestUri_3_1_2_11) {
  expect_bad_request("escruri", "Request-URI");
}

TEST(Rfc4475, InvalidTimeZone_3_1_2_12) {
  // The section lets an element that does not use the Date ignore it; who uses it is told that it is none.
  const Message message = accept("baddate");
  EXPECT_EQ(message.header(HeaderName::date), "Fri, 01 Jan 2010 16:00:00 EST");
  EXPECT_FALSE(parse_date(message.header(HeaderName::date)));
}

TEST(Rfc4475, ContactWithHeadersOutsideBrackets_3_1_2_13) {
  expect_bad_request("regbadct", "Contact");
}
TEST(Rfc4475, SpacesWithinAddrSpec_3_1_2_14) {
  expect_bad_request("badaspec", "To");
}
TEST(Rfc4475, NonTokenDisplayName_3_1_2_15) {
  expect_bad_request("baddn", "");
}

TEST(Rfc4475, UnknownProtocolVersion_3_1_2_16) {
  const ParseError error = refuse("badvers");
  EXPECT_EQ(error.status, 505);
  EXPECT_TRUE(error.answerable);
}

TEST(Rfc4475, MethodMismatchInCSeq_3_1_2_17) {
  expect_bad_request("mismatch01", "CSeq");
}
TEST(Rfc4475, UnknownMethodMismatchInCSeq_3_1_2_18) {
  const ParseError error = refuse("mismatch02");
  EXPECT_EQ(error.status, 501) << "400 would be good too, but a later method is better told so";
  EXPECT_THAT(error.reason, HasSubstr("CSeq"));
  EXPECT_TRUE(error.answerable);
}

TEST(Rfc4475, OverlargeResponseCode_3_1_2_19) {
  const ParseError error = refuse("bigcode");
  EXPECT_FALSE(error.answerable);
}

// 3.2 transaction layer

TEST(Rfc4475, MissingTransactionIdentifier_3_2_1) {
  EXPECT_EQ(accept("badbranch").top_via().branch, "z9hG4bK") << "the transaction layer judges the branch";
}

// 3.3 application layer

TEST(Rfc4475, MissingRequiredHeaders_3_3_1) {
  expect_bad_request("insuf", "the header is missing");
}

TEST(Rfc4475, UnknownRequestUriScheme_3_3_2) {
  const ParseError error = refuse("unkscm");
  EXPECT_EQ(error.status, 416);
  EXPECT_TRUE(error.answerable);
}

TEST(Rfc4475, AtypicalRequestUriScheme_3_3_3) {
  EXPECT_EQ(refuse("novelsc").status, 416);
}

TEST(Rfc4475, AtypicalSchemesInHeaders_3_3_4) {
  const Message message = accept("unksm2");
  EXPECT_EQ(message.to().uri.scheme, "isbn");
  EXPECT_EQ(message.from().uri.scheme, "http");
  EXPECT_EQ(message.contact()->uri.scheme, "name");
  EXPECT_FALSE(message.to().uri.is_sip()) << "by this the registrar refuses it";
}

TEST(Rfc4475, UnknownRequireAndProxyRequire_3_3_5) {
  const Message message = accept("bext01");
  EXPECT_THAT(message.values(HeaderName::require), ElementsAre("nothingSupportsThis", "nothingSupportsThisEither"));
  EXPECT_THAT(message.values(HeaderName::proxy_require), SizeIs(2));
}

TEST(Rfc4475, UnknownContentType_3_3_6) {
  EXPECT_EQ(accept("invut").content_type(), "application/unknownformat");
}

TEST(Rfc4475, UnknownAuthorizationScheme_3_3_7) {
  const Message message = accept("regaut01");
  const auto credentials = parse_auth(message.header(HeaderName::authorization));
  ASSERT_TRUE(credentials) << credentials.error().text();
  EXPECT_EQ(credentials->scheme, "NoOneKnowsThisScheme");
  EXPECT_FALSE(credentials->is_digest());
  EXPECT_EQ(credentials->find("opaque-data"), "here");
}

TEST(Rfc4475, MultipleValuesInSingleHeaders_3_3_8) {
  expect_bad_request("multi01", "twice");
}
TEST(Rfc4475, MultipleContentLengths_3_3_9) {
  expect_bad_request("mcl01", "Content-Length");
}

TEST(Rfc4475, ResponseWithBroadcastVia_3_3_10) {
  const Message message = accept("bcast");
  EXPECT_EQ(parse_via(message.values(HeaderName::via).at(1))->host, "255.255.255.255");
  EXPECT_FALSE(has_one_value(message, HeaderName::via)) << "a user agent drops it for that: it is not for us";
}

TEST(Rfc4475, MaxForwardsOfZero_3_3_11) {
  EXPECT_EQ(accept("zeromf").max_forwards(), 0U);
}

TEST(Rfc4475, ContactParameterWithoutBrackets_3_3_12) {
  const Message message = accept("cparam01");
  EXPECT_EQ(message.contact()->parameters, "unknownparam");
  EXPECT_EQ(message.contact()->uri.parameters, "");
}

TEST(Rfc4475, ContactUriParameter_3_3_13) {
  const Message message = accept("cparam02");
  EXPECT_EQ(message.contact()->uri.parameters, "unknownparam");
  EXPECT_EQ(message.contact()->parameters, "");
}

TEST(Rfc4475, EscapedHeadersInContact_3_3_14) {
  EXPECT_THAT(std::string(accept("regescrt").contact()->uri.headers), HasSubstr("Route=%3Csip:"));
}

TEST(Rfc4475, UnacceptableAccept_3_3_15) {
  const Message message = accept("sdp01");
  EXPECT_EQ(message.header(HeaderName::accept), "text/nobodyKnowsThis");
  EXPECT_FALSE(accepts(message, "application/sdp")) << "by this a user agent answers 406";
}

// 3.4 backward compatibility

TEST(Rfc4475, InviteWithRfc2543Syntax_3_4_1) {
  const Message message = accept("inv2543");
  EXPECT_EQ(message.top_via().branch, "");
  EXPECT_EQ(message.from().tag, "");
  EXPECT_FALSE(message.max_forwards());
  EXPECT_THAT(message.body(), StartsWith("v=0\r\n"));
}

TEST(Rfc4475, EveryMessageHasItsTest) {
  const std::filesystem::path folder(RINGWALL_SOURCE_DIR "/test/conformance/rfc4475");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 49);
}

}  // namespace
}  // namespace ringwall::sip
