#include "sip/message/respond.h"

#include <gmock/gmock.h>

#include <array>

namespace ringwall::sip {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string invite =
    "INVITE sip:6016@edge.ringwall.test SIP/2.0\r\n"
    "v: SIP/2.0/TLS a.test;branch=z9hG4bK1, SIP/2.0/TLS b.test;branch=z9hG4bK2\r\n"
    "Via: SIP/2.0/TLS c.test;branch=z9hG4bK3\r\n"
    "Record-Route: <sip:p1.test;lr>, <sip:p2.test;lr>\r\n"
    "f: <sip:a@a.test>;tag=1\r\n"
    "To: \"B\" <sip:6016@edge.ringwall.test>\r\n"
    "Timestamp: 54\r\n"
    "i: x\r\n"
    "CSeq: 1 INVITE\r\n\r\n";

TEST(MakeResponse, CopiesWhatTheRfcAsks) {
  const auto request = Message::parse(invite);
  const std::array headers = {HeaderLine{HeaderName::contact, {}, "<sip:edge.ringwall.test>"},
                              HeaderLine{HeaderName::other, "X-Note", "n"}};
  EXPECT_EQ(make_response(*request, 200, "", "tt", headers, "application/sdp", "v=0\r\n"),
            "SIP/2.0 200 OK\r\n"
            "Via: SIP/2.0/TLS a.test;branch=z9hG4bK1, SIP/2.0/TLS b.test;branch=z9hG4bK2\r\n"
            "Via: SIP/2.0/TLS c.test;branch=z9hG4bK3\r\n"
            "Record-Route: <sip:p1.test;lr>, <sip:p2.test;lr>\r\n"
            "From: <sip:a@a.test>;tag=1\r\n"
            "To: \"B\" <sip:6016@edge.ringwall.test>;tag=tt\r\n"
            "Call-ID: x\r\n"
            "CSeq: 1 INVITE\r\n"
            "Contact: <sip:edge.ringwall.test>\r\n"
            "X-Note: n\r\n"
            "Content-Type: application/sdp\r\n"
            "Content-Length: 5\r\n\r\nv=0\r\n");
}

TEST(MakeResponse, ReplacesOnlyTheTopVia) {
  const auto request = Message::parse(invite);
  ResponseParts parts;
  parts.top_via = "SIP/2.0/TLS a.test;branch=z9hG4bK1;received=192.0.2.1";
  EXPECT_THAT(
      make_response(*request, 404, parts),
      HasSubstr("Via: SIP/2.0/TLS a.test;branch=z9hG4bK1;received=192.0.2.1, SIP/2.0/TLS b.test;branch=z9hG4bK2\r\n"
                "Via: SIP/2.0/TLS c.test"));
}

TEST(MakeResponse, KnowsTryingAndFailures) {
  const auto request = Message::parse(invite);
  const std::string trying = make_response(*request, 100, "", "tt");
  EXPECT_THAT(trying, HasSubstr("Timestamp: 54\r\n"));
  EXPECT_THAT(trying, Not(HasSubstr("tag=tt")));
  const std::string failure = make_response(*request, 486, "", "tt");
  EXPECT_THAT(failure, Not(HasSubstr("Record-Route")));
  EXPECT_THAT(failure, Not(HasSubstr("Timestamp")));
  EXPECT_THAT(failure, HasSubstr("tag=tt"));
}

TEST(MakeResponse, KeepsAnExistingToTag) {
  std::string text = invite;
  text.replace(text.find("test>\r\nTimestamp"), 7, "test>;tag=old\r\n");
  const auto request = Message::parse(text);
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_THAT(make_response(*request, 200, "", "new"), HasSubstr(";tag=old\r\n"));
}

TEST(MakeErrorResponse, SalvagesWhatIsThere) {
  std::string text = invite;
  text.replace(text.find("CSeq: 1"), 7, "CSeq: x");
  const auto refused = Message::parse(text);
  ASSERT_FALSE(refused);
  const auto answer = make_error_response(text, refused.error(), "tt");
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, HasSubstr("SIP/2.0 400 CSeq: "));
  EXPECT_THAT(*answer, HasSubstr("Via: SIP/2.0/TLS c.test;branch=z9hG4bK3\r\n"));
  EXPECT_THAT(*answer, HasSubstr(";tag=tt\r\n"));
  EXPECT_FALSE(make_error_response("SIP/2.0 200 OK\r\n\r\n", ParseError{400, "x", true}, "t"));
}

}  // namespace
}  // namespace ringwall::sip
