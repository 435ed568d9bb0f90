#include "sip/transport/via.h"

#include <gtest/gtest.h>

namespace ringwall::sip {
namespace {

std::string stamp(std::string_view via, const NetAddress& source) {
  return stamp_via(*parse_via(via), source);
}

std::string target(std::string_view via, Transport transport) {
  const ResponseTarget out = response_target(*parse_via(via), transport);
  return out.host + " " + std::to_string(out.port);
}

TEST(StampVia, AddsReceivedWhereTheAddressDiffers) {
  EXPECT_EQ(stamp("SIP/2.0/TLS edge.ringwall.test;branch=z9hG4bK1", {"127.0.0.1", 4000}),
            "SIP/2.0/TLS edge.ringwall.test;branch=z9hG4bK1;received=127.0.0.1");
  EXPECT_EQ(stamp("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1", {"192.0.2.1", 5070}),
            "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1");
  EXPECT_EQ(stamp("SIP/2.0/UDP [2001:DB8:0::1];branch=b", {"2001:db8::1", 5070}),
            "SIP/2.0/UDP [2001:DB8:0::1];branch=b");
}

TEST(StampVia, FillsRport) {
  EXPECT_EQ(stamp("SIP/2.0/UDP 192.0.2.1;rport;branch=b", {"192.0.2.1", 5071}),
            "SIP/2.0/UDP 192.0.2.1;branch=b;received=192.0.2.1;rport=5071");
}

TEST(StampVia, AnOfferToKeepAliveIsTaken) {
  EXPECT_EQ(stamp("SIP/2.0/TLS 192.0.2.1;Keep;branch=b", {"192.0.2.1", 5071}),
            "SIP/2.0/TLS 192.0.2.1;branch=b;keep=120");
  EXPECT_EQ(stamp("SIP/2.0/TLS 192.0.2.1;keep=30;branch=b", {"192.0.2.1", 5071}),
            "SIP/2.0/TLS 192.0.2.1;keep=30;branch=b");
}

TEST(StampVia, ReplacesWhatThePeerClaims) {
  EXPECT_EQ(stamp("SIP/2.0/UDP a.test ; received=203.0.113.9;x=\"1;rport=2\";RPort=9;branch=b", {"192.0.2.1", 5071}),
            "SIP/2.0/UDP a.test;x=\"1;rport=2\";branch=b;received=192.0.2.1;rport=5071");
  EXPECT_EQ(stamp("SIP/2.0/UDP 192.0.2.1;received=203.0.113.9;branch=b", {"192.0.2.1", 5060}),
            "SIP/2.0/UDP 192.0.2.1;branch=b");
}

TEST(ResponseTarget, FollowsTheOrderOfTheRfc) {
  EXPECT_EQ(target("SIP/2.0/UDP a.test", Transport::udp), "a.test 5060");
  EXPECT_EQ(target("SIP/2.0/TLS a.test", Transport::tls), "a.test 5061");
  EXPECT_EQ(target("SIP/2.0/TCP [2001:db8::1]:5070", Transport::tcp), "2001:db8::1 5070");
  EXPECT_EQ(target("SIP/2.0/UDP a.test:5070;received=192.0.2.1", Transport::udp), "192.0.2.1 5070");
  EXPECT_EQ(target("SIP/2.0/UDP a.test:5070;received=192.0.2.1;rport=5099", Transport::udp), "192.0.2.1 5099");
  EXPECT_EQ(target("SIP/2.0/UDP a.test;maddr=224.0.1.75;received=192.0.2.1", Transport::udp), "224.0.1.75 5060");
  EXPECT_EQ(target("SIP/2.0/TCP a.test;maddr=224.0.1.75;received=192.0.2.1", Transport::tcp), "192.0.2.1 5060");
  EXPECT_EQ(target("SIP/2.0/UDP a.test;received=[2001:db8::9:255]", Transport::udp), "2001:db8::9:255 5060")
      << "RFC 5118 4.5";
}

TEST(Transport, Prints) {
  EXPECT_EQ(print(Transport::tls), "TLS");
  EXPECT_EQ(print(Transport::tcp), "TCP");
  EXPECT_EQ(print(Transport::udp), "UDP");
}

}  // namespace
}  // namespace ringwall::sip
