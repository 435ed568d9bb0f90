// RFC 5118: torture messages for IPv6, each with what its section asks.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sip/message/message.h"

namespace ringwall::sip {
namespace {

std::expected<Message, ParseError> parse_file(const std::string& name) {
  std::ifstream file(RINGWALL_SOURCE_DIR "/test/conformance/rfc5118/" + name + ".dat", std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return Message::parse(text.str());
}

Message accept(const std::string& name) {
  auto message = parse_file(name);
  if (!message) throw std::runtime_error(name + " was refused: " + message.error().reason);
  return std::move(*message);
}

TEST(Rfc5118, ValidReference_4_1) {
  const Message message = accept("ipv6-good");
  EXPECT_EQ(message.request_uri().bare_host(), "2001:db8::10");
  EXPECT_EQ(message.request_uri().port, 0);
  EXPECT_EQ(message.top_via().host, "[2001:db8::9:1]");
  EXPECT_EQ(message.contact()->uri.host, "[2001:db8::1]");
}

TEST(Rfc5118, MissingDelimiters_4_2) {
  const auto message = parse_file("ipv6-bad");
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().status, 400);
  EXPECT_TRUE(message.error().answerable);
}

TEST(Rfc5118, PortAmbiguous_4_3) {
  const Message message = accept("port-ambiguous");
  EXPECT_EQ(message.request_uri().bare_host(), "2001:db8::10:5070") << "all of it is the address";
  EXPECT_EQ(message.request_uri().port, 0);
}

TEST(Rfc5118, PortUnambiguous_4_4) {
  const Message message = accept("port-unambiguous");
  EXPECT_EQ(message.request_uri().bare_host(), "2001:db8::10");
  EXPECT_EQ(message.request_uri().port, 5070);
}

TEST(Rfc5118, ReceivedWithDelimiters_4_5) {
  const Message message = accept("via-received-param-with-delim");
  EXPECT_EQ(find_parameter(message.top_via().parameters, "received"), "[2001:db8::9:255]");
}

TEST(Rfc5118, ReceivedWithoutDelimiters_4_5) {
  const Message message = accept("via-received-param-no-delim");
  EXPECT_EQ(find_parameter(message.top_via().parameters, "received"), "2001:db8::9:255");
  EXPECT_EQ(message.top_via().branch, "z9hG4bKas3");
}

TEST(Rfc5118, AddressesInSdp_4_6) {
  EXPECT_THAT(std::string(accept("ipv6-in-sdp").body()), testing::HasSubstr("c=IN IP6 2001:db8::20\r\n"));
}

TEST(Rfc5118, MultipleAddressesInHeaders_4_7) {
  const Message message = accept("mult-ip-in-header");
  const auto vias = message.values(HeaderName::via);
  ASSERT_EQ(vias.size(), 3U);
  EXPECT_EQ(message.top_via().port, 6050);
  EXPECT_EQ(parse_via(vias[1])->host, "192.0.2.1");
  EXPECT_EQ(find_parameter(parse_via(vias[2])->parameters, "received"), "192.0.2.200");
}

TEST(Rfc5118, MultipleAddressesInSdp_4_8) {
  EXPECT_EQ(accept("mult-ip-in-sdp").content_type(), "application/sdp");
}

TEST(Rfc5118, MappedAddresses_4_9) {
  const Message message = accept("ipv4-mapped-ipv6");
  EXPECT_EQ(message.top_via().host, "[::ffff:192.0.2.10]");
  EXPECT_EQ(message.top_via().port, 19823);
}

TEST(Rfc5118, ThreeColonsOfTheOldGrammar_4_10) {
  EXPECT_EQ(accept("ipv6-bug-abnf-3-colons").request_uri().bare_host(), "2001:db8:::192.0.2.1")
      << "tolerated on reception, never written";
}

TEST(Rfc5118, TwoColons_4_10) {
  EXPECT_EQ(accept("ipv6-correct-abnf-2-colons").request_uri().bare_host(), "2001:db8::192.0.2.1");
}

TEST(Rfc5118, EveryMessageHasItsTest) {
  const std::filesystem::path folder(RINGWALL_SOURCE_DIR "/test/conformance/rfc5118");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 12);
}

}  // namespace
}  // namespace ringwall::sip
