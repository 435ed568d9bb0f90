// RFC 4475: the torture messages, each with what its section asks of a parser or user agent at message level.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "sip/message/auth_params.h"
#include "sip/message/list_headers.h"
#include "sip/message/multipart.h"
#include "sip/message/respond.h"
#include "sip/message/timer_headers.h"

namespace ringwall::sip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

std::string load(const std::string& name) {
  std::ifstream file(RINGWALL_SOURCE_DIR "/test/conformance/rfc4475/" + name + ".dat", std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Message accept(const std::string& name) {
  auto message = Message::parse(load(name));
  if (!message) throw std::runtime_error(name + " was refused: " + message.error().reason);
  return std::move(*message);
}

ParseError refuse(const std::string& name) {
  auto message = Message::parse(load(name));
  if (message) throw std::runtime_error(name + " was accepted");
  return message.error();
}

void expect_bad_request(const std::string& name, std::string_view reason) {
  const ParseError error = refuse(name);
  EXPECT_EQ(error.status, 400) << name;
  EXPECT_THAT(error.reason, HasSubstr(reason)) << name;
  EXPECT_TRUE(error.answerable) << name;
  const auto answer = make_error_response(load(name), error, "t4g");
  ASSERT_TRUE(answer) << name;
  EXPECT_THAT(*answer, StartsWith("SIP/2.0 400 ")) << name;
}

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
