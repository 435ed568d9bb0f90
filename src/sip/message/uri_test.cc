#include "sip/message/uri.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

TEST(ParseUri, ReadsEveryComponent) {
  const auto uri =
      parse_uri("sips:alice;day=tuesday:se%25cret@[2001:db8::1]:5061;transport=tcp;lr?Subject=hi&Route=%3Ca%3E");
  ASSERT_TRUE(uri) << uri.error().text();
  EXPECT_EQ(uri->scheme, "sips");
  EXPECT_EQ(uri->user, "alice;day=tuesday");
  EXPECT_EQ(uri->password, "se%25cret");
  EXPECT_EQ(uri->host, "[2001:db8::1]");
  EXPECT_EQ(uri->bare_host(), "2001:db8::1");
  EXPECT_EQ(uri->port, 5061);
  EXPECT_EQ(uri->parameters, "transport=tcp;lr");
  EXPECT_EQ(uri->headers, "Subject=hi&Route=%3Ca%3E");
  EXPECT_EQ(uri->parameter("TRANSPORT"), "tcp");
  EXPECT_EQ(uri->parameter("lr"), "");
  EXPECT_EQ(uri->parameter("maddr"), std::nullopt);
  EXPECT_TRUE(uri->is_sip());
}

TEST(ParseUri, ReadsTheVoiceBrowserAddressOfRfc5552) {
  const auto uri = parse_uri("sip:dialog@voice-browser.ringwall.test;voicexml=welcome.vxml");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "dialog");
  EXPECT_EQ(uri->parameter("voicexml"), "welcome.vxml");
}

TEST(ParseUri, ReadsTelephoneNumbers) {
  const auto uri = parse_uri("tel:+1-(201)-555.0123;ext=12");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "+1-(201)-555.0123");
  EXPECT_EQ(uri->parameter("ext"), "12");
  EXPECT_FALSE(uri->is_sip());
}

TEST(ParseUri, KeepsUnknownSchemesAsText) {
  const auto uri = parse_uri("im:fred@example.com");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, "im");
  EXPECT_EQ(uri->host, "");
}

class BadUri : public testing::TestWithParam<const char*> {};
TEST_P(BadUri, IsRefused) {
  EXPECT_FALSE(parse_uri(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(ParseUri, BadUri,
                         testing::Values("", "sip", ":", "sip:", "1sip:a@b", "sip:@b", "sip:a@", "sip:a@b@c",
                                         "sip:a b@c", "sip:a@b:", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:5060x",
                                         "sip:a@b:-1", "sip:a@[::1", "sip:a@[]", "sip:a@[1234]", "sip:a@[::g]",
                                         "sip:a@b;", "sip:a@b;;c", "sip:a@b;=c", "sip:a@b;x=1;X=2", "sip:a@b?",
                                         "sip:a%4@b", "sip:a%gg@b", "sip:a@b;c=%4", "sip:<a@b>", "sip:a@b;c=\"d\"",
                                         "sip:a\r\nVia: x@b", "sip:2001:db8::10", "tel:", "tel:+", "tel:abcxyz",
                                         "tel:+1 2", "tel:+1;", "http://a b", "sip:a@b/c", "sip:\xc3\xbc@b"));

TEST(ParseUri, LimitsTheNumberOfParameters) {
  std::string text = "sip:a@b";
  for (std::size_t i = 0; i < limits::sip_uri_parameters; ++i)
    text += ";x" + std::to_string(i);
  EXPECT_TRUE(parse_uri(text));
  EXPECT_FALSE(parse_uri(text + ";x"));
}

TEST(Equivalent, FollowsTheExamplesOfRfc3261_19_1_4) {
  const auto same = [](const char* a, const char* b) { return equivalent(*parse_uri(a), *parse_uri(b)); };
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                   "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                   "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  EXPECT_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
  EXPECT_FALSE(same("sip:a@b", "sips:a@b"));
  EXPECT_FALSE(same("sip:a%40x@b", "sip:a@b"));
  EXPECT_TRUE(same("tel:+1-201-555-0123", "tel:+12015550123"));
  EXPECT_FALSE(same("tel:+12015550123", "tel:12015550123"));
}

TEST(Equivalent, ComparesTelephoneNumbersByRfc3966) {
  const auto same = [](const char* a, const char* b) {
    const auto one = parse_uri(a);
    const auto other = parse_uri(b);
    return equivalent(*one, *other) && equivalent(*other, *one);
  };
  EXPECT_TRUE(same("tel:7042;phone-context=Example.com", "tel:70-42;Phone-Context=example.COM"));
  EXPECT_TRUE(same("tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555"));
  EXPECT_TRUE(same("tel:+1;ext=12-3;isub=4", "tel:+1;isub=4;ext=123"));
  EXPECT_FALSE(same("tel:7042;phone-context=a.test", "tel:7042;phone-context=b.test"));
  EXPECT_FALSE(same("tel:863-1234;phone-context=+1-914-555", "tel:863-1234;phone-context=+1-914-556"));
  EXPECT_FALSE(same("tel:7042;phone-context=a.test", "tel:7042")) << "unlike in a SIP URI, every parameter counts";
  EXPECT_FALSE(same("tel:+1;ext=1", "tel:+1;ext=2"));
}

TEST(Equivalent, ComparesIpv6ByAddress) {
  const auto same = [](const char* a, const char* b) { return equivalent(*parse_uri(a), *parse_uri(b)); };
  EXPECT_TRUE(same("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0::0001]"));
  EXPECT_TRUE(same("sip:a@[::ffff:192.0.2.1]:5061", "sip:a@[::FFFF:C000:201]:5061"));
  EXPECT_FALSE(same("sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]"));
  EXPECT_FALSE(same("sip:a@[::1]", "sip:a@localhost"));
  EXPECT_TRUE(same("sip:a@[1:::2]", "sip:a@[1:::2]")) << "what is no address still equals itself";
}

TEST(Escape, RoundTripsAnyUser) {
  std::string all;
  for (int c = 0; c < 256; ++c)
    all += static_cast<char>(c);
  const std::string escaped = escape_user(all);
  EXPECT_EQ(unescape(escaped), all);
  const std::string text = "sip:" + escaped + "@example.com";
  const auto uri = parse_uri(text);
  ASSERT_TRUE(uri) << uri.error().text();
  EXPECT_EQ(uri->user, escaped);
}

TEST(Unescape, LeavesWhatIsNoEscape) {
  EXPECT_EQ(unescape("100%25%2%zz%"), "100%%2%zz%");
}

TEST(FindParameter, KnowsQuotesAndSpaces) {
  EXPECT_EQ(find_parameter(R"(a="x;b=2" ; b = 1;c)", "b"), "1");
  EXPECT_EQ(find_parameter(R"(a="x;b=2" ; b = 1;c)", "a"), "x;b=2");
  EXPECT_EQ(find_parameter(R"(a="x;b=2" ; b = 1;c)", "C"), "");
  EXPECT_EQ(find_parameter("a=1;b", "d"), std::nullopt);
  EXPECT_EQ(find_parameter("", "a"), std::nullopt);
  EXPECT_EQ(find_parameter(R"(a="unfinished;b=1)", "b"), std::nullopt);
}

}  // namespace
}  // namespace ringwall::sip
