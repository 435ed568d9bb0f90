#include "sip/dialog/dialog.h"

#include <gmock/gmock.h>

#include "sip/dialog/answer_wait.h"
#include "sip/dialog/glare.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1000s};

Message parse(const std::string& text) {
  auto message = Message::parse(text);
  EXPECT_TRUE(message.has_value()) << message.error().reason << "\n" << text;
  return std::move(*message);
}
std::string common(std::string_view to_tag, int cseq, std::string_view method, std::string_view more) {
  return fmt::format(
      "Via: SIP/2.0/TLS a.test;branch=z9hG4bK1\r\nFrom: \"A\" <sip:a@a.test>;tag=ta\r\nTo: <sip:b@b.test>{}\r\n"
      "Call-ID: call\r\nCSeq: {} {}\r\n{}Content-Length: 0\r\n\r\n",
      to_tag.empty() ? "" : fmt::format(";tag={}", to_tag), cseq, method, more);
}
Message invite(std::string_view more = "Contact: <sip:a@10.0.0.1:5061>\r\n") {
  return parse("INVITE sip:b@b.test SIP/2.0\r\n" + common("", 7, "INVITE", more));
}
Message response(int status, std::string_view tag, std::string_view more) {
  return parse(fmt::format("SIP/2.0 {} X\r\n", status) + common(tag, 1, "INVITE", more));
}
Message bye(const Dialog& dialog) {
  MessageWriter writer;
  dialog.write_request(writer, "BYE", "SIP/2.0/TLS x;branch=z9hG4bK9", 9);
  return parse(writer.finish());
}
Dialog caller() {
  return Dialog::caller("call", "\"A\" <sip:a@a.test>", "<sip:b@b.test>", "sip:b@b.test", "ta", 1);
}

TEST(DialogTest, CallerFollowsSection12112) {
  Dialog dialog = caller();
  EXPECT_EQ(dialog.state(), Dialog::State::none);
  ASSERT_TRUE(dialog.receive_response(
      response(180, "tb", "Contact: <sip:b@10.0.0.2>\r\nRecord-Route: <sip:p1.test;lr>, <sip:p2.test;lr>\r\n")));
  EXPECT_EQ(dialog.state(), Dialog::State::early);
  ASSERT_TRUE(dialog.receive_response(
      response(200, "tb", "Contact: <sip:b@10.0.0.3>\r\nRecord-Route: <sip:p1.test;lr>, <sip:p2.test;lr>\r\n")));
  EXPECT_EQ(dialog.state(), Dialog::State::confirmed);
  const Message request = bye(dialog);
  EXPECT_EQ(request.request_uri().text, "sip:b@10.0.0.3");
  EXPECT_THAT(request.values(HeaderName::route), testing::ElementsAre("<sip:p2.test;lr>", "<sip:p1.test;lr>"));
  EXPECT_EQ(request.from().tag, "ta");
  EXPECT_EQ(request.to().tag, "tb");
  EXPECT_EQ(dialog.next_cseq(), 2U);
  EXPECT_EQ(dialog.next_hop(), "sip:p2.test;lr");
}

TEST(DialogTest, CalledSideKeepsRecordRouteInOrder) {
  auto dialog = Dialog::called(
      invite("Contact: <sip:a@10.0.0.1>\r\nRecord-Route: <sip:p1.test;lr>\r\nRecord-Route: <sip:p2.test;lr>\r\n"),
      "tb");
  ASSERT_TRUE(dialog);
  dialog->answered(200);
  const Message request = bye(*dialog);
  EXPECT_EQ(request.request_uri().text, "sip:a@10.0.0.1");
  EXPECT_THAT(request.values(HeaderName::route), testing::ElementsAre("<sip:p1.test;lr>", "<sip:p2.test;lr>"));
  EXPECT_EQ(request.from().tag, "tb");
  EXPECT_EQ(request.to().tag, "ta");
  EXPECT_EQ(dialog->local_uri(), "sip:b@b.test");
  EXPECT_EQ(dialog->remote_uri(), "sip:a@a.test");
}

TEST(DialogTest, StrictRouterBecomesTheRequestUri) {
  auto dialog =
      Dialog::called(invite("Contact: <sip:a@10.0.0.1>\r\nRecord-Route: <sip:p1.test>, <sip:p2.test;lr>\r\n"), "tb");
  ASSERT_TRUE(dialog);
  const Message request = bye(*dialog);
  EXPECT_EQ(request.request_uri().text, "sip:p1.test");
  EXPECT_THAT(request.values(HeaderName::route), testing::ElementsAre("<sip:p2.test;lr>", "<sip:a@10.0.0.1>"));
}

TEST(DialogTest, AnotherForksAnswerReplacesTheEarlyDialog) {
  Dialog dialog = caller();
  ASSERT_TRUE(dialog.receive_response(response(180, "t1", "Contact: <sip:b@10.0.0.2>\r\n")));
  ASSERT_TRUE(dialog.receive_response(response(200, "t2", "Contact: <sip:b@10.0.0.3>\r\n")));
  EXPECT_EQ(dialog.remote_tag(), "t2");
  EXPECT_EQ(dialog.remote_target(), "sip:b@10.0.0.3");
  ASSERT_TRUE(dialog.receive_response(response(200, "t3", "Contact: <sip:b@10.0.0.4>\r\n")));
  EXPECT_EQ(dialog.remote_tag(), "t2");  // the first one stays
}

TEST(DialogTest, NeedsAContact) {
  EXPECT_FALSE(Dialog::called(invite(""), "tb"));
  EXPECT_FALSE(Dialog::called(invite("Contact: <tel:+1>\r\n"), "tb"));
  Dialog dialog = caller();
  EXPECT_FALSE(dialog.receive_response(response(200, "tb", "")));
  EXPECT_EQ(dialog.state(), Dialog::State::confirmed);  // so that it can be ended
  EXPECT_EQ(dialog.remote_tag(), "tb");
}

TEST(DialogTest, RouteSetsAreLimited) {
  std::string routes = "Contact: <sip:a@10.0.0.1>\r\n";
  for (std::size_t i = 0; i <= 16; ++i)
    routes += "Record-Route: <sip:p.test;lr>\r\n";
  EXPECT_FALSE(Dialog::called(invite(routes), "tb"));
}

TEST(DialogTest, CSeqRunsForwards) {
  auto dialog = Dialog::called(invite(), "tb");
  ASSERT_TRUE(dialog);
  const auto request = [](int cseq) { return parse("INFO sip:b@b.test SIP/2.0\r\n" + common("tb", cseq, "INFO", "")); };
  EXPECT_TRUE(dialog->matches(request(8)));
  EXPECT_FALSE(dialog->receive_request(request(7)));
  EXPECT_TRUE(dialog->receive_request(request(10)));
  EXPECT_FALSE(dialog->receive_request(request(10)));
  EXPECT_FALSE(dialog->receive_request(request(9)));
}

TEST(DialogTest, RefreshTakesTheNewContactOnly) {
  auto dialog = Dialog::called(invite(), "tb");
  ASSERT_TRUE(dialog);
  dialog->refresh_target(invite("Contact: <sip:a@10.9.9.9;transport=tls?Subject=x>\r\n"));
  EXPECT_EQ(dialog->remote_target(), "sip:a@10.9.9.9;transport=tls");
  dialog->refresh_target(invite("Contact: <tel:+1>\r\n"));
  EXPECT_EQ(dialog->remote_target(), "sip:a@10.9.9.9;transport=tls");
}

TEST(AnswerWaitTest, RepeatsTheAnswerUntil64T1) {
  AnswerWait wait({}, 1, start);
  std::vector<long> sent;
  while (wait.next_timer() < start + 32s) {
    const Time now = wait.next_timer();
    if (wait.expire(now).transmit) sent.push_back((now - start) / 1ms);
  }
  EXPECT_THAT(sent, testing::ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
  EXPECT_TRUE(wait.expire(start + 32s).failed);
}

TEST(GlareTest, DelaysAreThoseOfSection141) {
  for (std::uint64_t random : {std::uint64_t{0}, std::uint64_t{190}, std::uint64_t{200}, ~std::uint64_t{0}}) {
    EXPECT_GE(glare_delay(true, random), 2100ms);
    EXPECT_LE(glare_delay(true, random), 4s);
    EXPECT_LE(glare_delay(false, random), 2s);
  }
  EXPECT_EQ(glare_delay(true, 0), 2100ms);
  EXPECT_EQ(glare_delay(true, 190), 4s);
  EXPECT_EQ(glare_delay(false, 200), 2s);
}

}  // namespace
}  // namespace ringwall::sip
