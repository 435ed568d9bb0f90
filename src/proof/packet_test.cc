#include "proof/packet.h"

#include <gmock/gmock.h>

#include "proof/crafted.h"

namespace ringwall::proof {
namespace {

using namespace crafted;

const Buffer hello = to_buffer(as_bytes("hello"));

TEST(Packet, ReadsUdpOverEthernet) {
  const auto packet = parse_packet(udp_frame({"127.18.133.226", 16384}, {"127.18.133.143", 20000}, hello));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol, Protocol::udp);
  EXPECT_EQ(packet->source, (NetAddress{"127.18.133.226", 16384}));
  EXPECT_EQ(packet->destination, (NetAddress{"127.18.133.143", 20000}));
  EXPECT_EQ(packet->payload, hello);
  EXPECT_FALSE(packet->truncated || packet->fragment);
}

TEST(Packet, ReadsTcpFlagsAndSequence) {
  const auto packet = parse_packet(tcp_frame({"10.0.0.1", 1}, {"10.0.0.2", 5061}, 0xfffffff0, syn | ack, hello));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol, Protocol::tcp);
  EXPECT_EQ(packet->sequence, 0xfffffff0U);
  EXPECT_TRUE(packet->syn && packet->ack);
  EXPECT_FALSE(packet->fin || packet->reset);
  EXPECT_EQ(packet->payload, hello);
}

TEST(Packet, IgnoresThePaddingOfShortEthernetFrames) {
  Frame frame = udp_frame({"10.0.0.1", 1}, {"10.0.0.2", 2}, hello);
  frame.bytes.resize(60);
  EXPECT_EQ(parse_packet(frame)->payload, hello);
}

TEST(Packet, ReadsEveryLinkType) {
  const Buffer ip = ipv4("10.0.0.1", "10.0.0.2", 17, udp(1, 2, hello));
  const auto with = [&](LinkType link, Buffer header) {
    header.insert(header.end(), ip.begin(), ip.end());
    return Frame{.link = link, .wire_bytes = static_cast<std::uint32_t>(header.size()), .bytes = header};
  };
  Buffer sll(16, 0), sll2(20, 0);
  sll[14] = sll2[0] = 0x08;
  for (const Frame& frame :
       {with(LinkType::raw_ip, {}), with(LinkType::ipv4, {}), with(LinkType::null, {2, 0, 0, 0}),
        with(LinkType::loop, {0, 0, 0, 2}), with(LinkType::linux_sll, sll), with(LinkType::linux_sll2, sll2)}) {
    const auto packet = parse_packet(frame);
    ASSERT_TRUE(packet) << static_cast<int>(frame.link);
    EXPECT_EQ(packet->payload, hello);
  }
}

TEST(Packet, StepsOverVlanTags) {
  ByteWriter tagged;
  tagged.u16(100);
  tagged.u16(0x0800);
  tagged.bytes(ipv4("10.0.0.1", "10.0.0.2", 17, udp(1, 2, hello)));
  EXPECT_EQ(parse_packet(ethernet(tagged.take(), 0x8100))->payload, hello);
}

Buffer ipv6(std::uint8_t next, Bytes payload) {
  ByteWriter out;
  out.u32(0x60000000);
  out.u16(static_cast<std::uint16_t>(payload.size()));
  out.u8(next);
  out.u8(64);
  for (int i = 0; i < 2; ++i) {
    out.bytes(Buffer(15, 0));
    out.u8(1);
  }
  out.bytes(payload);
  return out.take();
}

TEST(Packet, ReadsIpv6WithExtensionHeaders) {
  ByteWriter out;
  out.u8(60);  // hop-by-hop, then destination options, then UDP
  out.u8(0);
  out.bytes(Buffer(6, 0));
  out.u8(17);
  out.u8(1);
  out.bytes(Buffer(14, 0));
  out.bytes(udp(1, 2, hello));
  const auto packet = parse_packet(ethernet(ipv6(0, out.buffer()), 0x86dd));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->source, (NetAddress{"::1", 1}));
  EXPECT_EQ(packet->payload, hello);
}

TEST(Packet, RefusesAnEndlessChainOfExtensionHeaders) {
  EXPECT_FALSE(parse_packet(ethernet(ipv6(0, Buffer(4000, 0)), 0x86dd)));
}

TEST(Packet, MarksFragments) {
  const auto first =
      parse_packet(ethernet(ipv4("10.0.0.1", "10.0.0.2", 17, Buffer{0, 1, 0, 2, 1, 0, 0, 0, 9, 9}, 0x2000)));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->fragment);
  EXPECT_FALSE(first->truncated);
  EXPECT_EQ(first->source.port, 1);
  const auto later = parse_packet(ethernet(ipv4("10.0.0.1", "10.0.0.2", 17, hello, 0x0010)));
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->fragment);
  EXPECT_EQ(later->protocol, Protocol::other);
  EXPECT_EQ(later->payload, hello);
}

TEST(Packet, MarksWhatTheCaptureCut) {
  Frame frame = udp_frame({"10.0.0.1", 1}, {"10.0.0.2", 2}, Buffer(100, 1));
  frame.bytes.resize(80);
  const auto packet = parse_packet(frame);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->truncated);
  EXPECT_EQ(packet->payload.size(), 80U - 42U);
}

TEST(Packet, TakesTheCapturedLengthOfAnOffloadedSegment) {
  Frame frame = tcp_frame({"10.0.0.1", 1}, {"10.0.0.2", 2}, 1, ack, Buffer(100, 1));
  frame.bytes[16] = frame.bytes[17] = 0;
  EXPECT_EQ(parse_packet(frame)->payload.size(), 100U);
}

TEST(Packet, KnowsNothingOfWhatIsNoIp) {
  EXPECT_FALSE(parse_packet(ethernet(hello, 0x0806)));
  EXPECT_FALSE(parse_packet(ethernet({})));
  EXPECT_FALSE(parse_packet(Frame{}));
}

TEST(Packet, SurvivesEveryCutAndEveryFlippedByte) {
  const Frame whole = tcp_frame({"10.0.0.1", 1}, {"10.0.0.2", 2}, 1, ack, hello);
  for (std::size_t length = 0; length < whole.bytes.size(); ++length) {
    Frame cut = whole;
    cut.bytes.resize(length);
    const auto packet = parse_packet(cut);
    EXPECT_TRUE(!packet || packet->truncated) << length;
  }
  for (std::size_t at = 0; at < whole.bytes.size(); ++at) {
    Frame flipped = whole;
    flipped.bytes[at] ^= 0xff;
    const auto packet = parse_packet(flipped);
    EXPECT_TRUE(!packet || packet->payload.size() <= flipped.bytes.size());
  }
}

}  // namespace
}  // namespace ringwall::proof
