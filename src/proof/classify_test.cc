#include "proof/classify.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base/limits.h"
#include "proof/crafted.h"
#include "proof/datagram.h"

namespace ringwall::proof {
namespace {

using namespace crafted;

const NetAddress caller{"127.18.133.76", 40000}, edge{"127.18.133.226", 5061}, plain{"127.18.133.226", 5060};
const NetAddress edge_media{"127.18.133.226", 16384}, phone_media{"127.18.133.75", 18000};
const Buffer record = tls_record(23, Buffer(50, 0xaa));

/// A fake of the leg's keys: what ends with 0xaa authenticates.
std::vector<bool> ends_well(const MediaPath&, bool, MediaKind, std::span<const Buffer> packets) {
  std::vector<bool> passed;
  for (const Buffer& packet : packets)
    passed.push_back(packet.back() == 0xaa);
  return passed;
}
Buffer good(Buffer packet) {
  packet.back() = 0xaa;
  return packet;
}

class Classes : public testing::Test {
 protected:
  void udp(const NetAddress& from, const NetAddress& to, Bytes payload) {
    frames_.push_back(udp_frame(from, to, payload));
  }
  void tcp(const NetAddress& from, const NetAddress& to, std::uint32_t sequence, std::uint8_t flags,
           Bytes payload = {}) {
    frames_.push_back(tcp_frame(from, to, sequence, flags, payload));
  }
  void handshake() {
    tcp(caller, edge, 99, syn);
    tcp(edge, caller, 499, syn | ack);
    tcp(caller, edge, 100, ack);
  }
  Classified classified(std::vector<MediaPath> paths = {}, const Authenticate& authenticate = ends_well) {
    auto result = classify(parse_all(frames_), {}, paths, authenticate);
    EXPECT_EQ(result.packets, frames_.size());
    EXPECT_EQ(std::accumulate(result.counts.begin(), result.counts.end(), std::uint64_t{0}), result.packets);
    return result;
  }
  /// Expects these counts and none else.
  void expect(std::vector<std::pair<PacketClass, std::uint64_t>> expected, std::vector<MediaPath> paths = {}) {
    PacketCounts counts{};
    for (auto [packet_class, packets] : expected)
      counts[static_cast<std::size_t>(packet_class)] = packets;
    const auto result = classified(std::move(paths));
    for (std::size_t i = 0; i < packet_classes; ++i)
      EXPECT_EQ(result.counts[i], counts[i]) << print(static_cast<PacketClass>(i));
  }
  std::vector<Frame> frames_;
};

const MediaPath path{"edge", "phone", edge_media, phone_media};

TEST_F(Classes, TlsWithItsEmptySegments) {
  handshake();
  tcp(caller, edge, 100, ack, record);
  tcp(edge, caller, 500, ack);
  tcp(edge, caller, 500, ack | fin);
  expect({{PacketClass::tls, 6}});
  const auto wire = classified().connections.at(0);
  EXPECT_EQ(wire.client, caller);
  EXPECT_EQ(wire.server, edge);
  EXPECT_TRUE(wire.from_start && wire.tls);
  EXPECT_EQ(wire.client_sent.application_records, 1U);
  EXPECT_EQ(wire.server_sent.records, 0U);
}

TEST_F(Classes, TlsWhoseHandshakeWasBeforeTheCapture) {
  tcp(edge, caller, 500, ack, record);
  tcp(caller, edge, 100, ack, record);
  expect({{PacketClass::tls, 2}});
  const auto wire = classified().connections.at(0);
  EXPECT_EQ(wire.server, edge);
  EXPECT_FALSE(wire.from_start);
}

TEST_F(Classes, TlsRecordsSplitReorderedAndRepeated) {
  Buffer stream;
  for (int i = 0; i < 4; ++i)
    stream.insert(stream.end(), record.begin(), record.end());
  handshake();
  const Bytes all = stream;
  tcp(caller, edge, 100, ack, all.first(3));
  tcp(caller, edge, 163, ack, all.subspan(63, 50));
  tcp(caller, edge, 103, ack, all.subspan(3, 60));
  tcp(caller, edge, 103, ack, all.subspan(3, 60));
  tcp(caller, edge, 190, ack, all.subspan(90));
  expect({{PacketClass::tls, 8}});
  EXPECT_EQ(classified().connections.at(0).client_sent.records, 4U);
  EXPECT_FALSE(classified().connections.at(0).holes);
}

TEST_F(Classes, TlsGoesOnAfterAHoleInTheCapture) {
  handshake();
  tcp(caller, edge, 100, ack, record);
  tcp(caller, edge, 1000, ack, Buffer(30, 0x11));
  tcp(caller, edge, 1030, ack, record);
  expect({{PacketClass::tls, 5}, {PacketClass::other, 1}});
  const auto wire = classified().connections.at(0);
  EXPECT_TRUE(wire.holes);
  EXPECT_EQ(wire.client_sent.plain_bytes, 0U);
  EXPECT_EQ(wire.client_sent.skipped_bytes, 30U);
}

TEST_F(Classes, SequenceNumbersMayWrap) {
  tcp(caller, edge, 0xffffffd0, syn);
  tcp(caller, edge, 0xffffffd1, ack, record);
  tcp(caller, edge, 0xffffffd1 + 55, ack, record);
  expect({{PacketClass::tls, 3}});
}

TEST_F(Classes, ClearSipOverTcpWithItsEmptySegments) {
  tcp(caller, plain, 99, syn);
  tcp(plain, caller, 499, syn | ack);
  tcp(caller, plain, 100, ack, as_bytes(sip_invite));
  tcp(caller, plain, 100 + static_cast<std::uint32_t>(sip_invite.size()), ack, as_bytes("v=0\r\n"));
  expect({{PacketClass::clear_sip, 4}});
}

TEST_F(Classes, ClearSipHiddenInATlsConnection) {
  handshake();
  tcp(caller, edge, 100, ack, record);
  tcp(caller, edge, 155, ack, as_bytes(sip_invite));
  tcp(caller, edge, 155 + static_cast<std::uint32_t>(sip_invite.size()), ack, record);
  const auto result = classified();
  EXPECT_EQ(count(result.counts, PacketClass::tls), 2U);
  EXPECT_EQ(count(result.counts, PacketClass::clear_sip), 4U);  // the empty ones are the connection's
  EXPECT_EQ(result.connections.at(0).client_sent.plain_bytes, sip_invite.size());
  ASSERT_FALSE(result.clear.empty());
  EXPECT_EQ(result.clear[0].reason, "SIP text");
}

TEST_F(Classes, ClearSipHiddenInsideARecord) {  // a NULL cipher, or a lie
  handshake();
  tcp(caller, edge, 100, ack, tls_record(23, as_bytes(sip_invite)));
  EXPECT_GT(count(classified().counts, PacketClass::clear_sip), 0U);
}

TEST_F(Classes, ClearSipByteByByte) {
  handshake();
  std::uint32_t sequence = 100;
  for (char c : sip_invite) {
    const std::string one(1, c);
    tcp(caller, edge, sequence++, ack, as_bytes(one));
  }
  expect({{PacketClass::clear_sip, frames_.size()}});
}

TEST_F(Classes, ClearSipInARetransmission) {
  handshake();
  const Buffer long_record = tls_record(23, Buffer(sip_invite.size(), 1));
  tcp(caller, edge, 100, ack, long_record);
  tcp(caller, edge, 100, ack, as_bytes(sip_invite));
  EXPECT_GT(count(classified().counts, PacketClass::clear_sip), 0U);
}

TEST_F(Classes, PlaintextOnATlsPortThatIsNoSip) {
  handshake();
  tcp(caller, edge, 100, ack, as_bytes("GET / HTTP/1.1\r\n\r\n"));
  expect({{PacketClass::other, 4}});
  EXPECT_EQ(classified().connections.at(0).client_sent.plain_bytes, 18U);
  EXPECT_FALSE(classified().connections.at(0).tls);
}

TEST_F(Classes, TheSamePortsAgainAreAnotherConnection) {
  handshake();
  tcp(caller, edge, 100, ack, record);
  tcp(caller, edge, 70000, syn);
  tcp(edge, caller, 90000, syn | ack);
  tcp(caller, edge, 70001, ack, record);
  expect({{PacketClass::tls, 7}});
  EXPECT_EQ(classified().connections.size(), 2U);
}

TEST_F(Classes, ClearSipOverUdpOnAnyPort) {
  udp({"127.18.133.76", 9999}, {"127.18.133.226", 20000}, as_bytes(sip_invite));
  udp({"127.18.133.226", 20000}, {"127.18.133.76", 9999}, as_bytes("SIP/2.0 200 OK\r\n\r\n"));
  udp({"127.18.133.76", 9999}, {"127.18.133.226", 20000}, as_bytes("\r\n\r\n"));
  expect({{PacketClass::clear_sip, 3}});
}

TEST_F(Classes, SrtpOnlyIfItAuthenticates) {
  for (std::uint16_t i = 0; i < 5; ++i)
    udp(edge_media, phone_media, good(rtp(i)));
  udp(edge_media, phone_media, rtp(5));
  udp(phone_media, edge_media, good(rtp(0)));
  expect({{PacketClass::srtp, 6}, {PacketClass::clear_rtp, 1}}, {path});
  const auto wire = classified({path}).media.at(0);
  EXPECT_EQ(wire.packets_from, 6U);
  EXPECT_EQ(wire.authenticated_from, 5U);
  EXPECT_EQ(wire.packets_to, 1U);
  EXPECT_EQ(wire.authenticated_to, 1U);
}

TEST_F(Classes, SrtcpOnTheNextPortAndOnTheRtpPort) {
  udp({edge_media.ip, 16385}, {phone_media.ip, 18001}, good(rtcp()));
  udp(edge_media, phone_media, good(rtcp(201)));
  udp({phone_media.ip, 18001}, {edge_media.ip, 16385}, rtcp());
  expect({{PacketClass::srtcp, 2}, {PacketClass::clear_rtp, 1}}, {path});
}

TEST_F(Classes, SrtcpOnAPortThatWasTold) {
  MediaPath told = path;
  told.to_rtcp_port = 19999;
  udp({edge_media.ip, 16385}, {phone_media.ip, 19999}, good(rtcp()));
  expect({{PacketClass::srtcp, 1}}, {told});
}

TEST_F(Classes, RtpOfNoKnownLegIsClear) {
  udp(edge_media, phone_media, good(rtp(1)));
  expect({{PacketClass::clear_rtp, 1}});
  EXPECT_EQ(classified().clear.at(0).reason, "RTP of no known leg");
}

TEST_F(Classes, ARunOfRtpOnAnyPortIsClear) {
  for (std::uint16_t i = 65534; i != 2; ++i)
    udp({"10.0.0.1", 4000}, {"10.0.0.2", 4002}, rtp(i));
  expect({{PacketClass::clear_rtp, 4}});
}

TEST_F(Classes, WhatOnlyBeginsLikeRtpIsOther) {
  udp({"10.0.0.1", 53}, {"10.0.0.2", 40000}, rtp(1));
  udp({"10.0.0.1", 53}, {"10.0.0.2", 40000}, rtp(77));
  expect({{PacketClass::other, 2}});
}

TEST_F(Classes, AShortAnswerOfTheAuthenticatorPassesNothing) {
  udp(edge_media, phone_media, good(rtp(1)));
  const auto result = classified({path}, [](auto&&...) { return std::vector<bool>{}; });
  EXPECT_EQ(count(result.counts, PacketClass::clear_rtp), 1U);
}

TEST_F(Classes, StunAndDtls) {
  const Buffer stun{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  Buffer dtls(20, 0);
  dtls[0] = 22;
  dtls[1] = 0xfe;
  dtls[2] = 0xfd;
  udp(edge_media, phone_media, stun);
  udp(edge_media, phone_media, dtls);
  udp(edge_media, phone_media, as_bytes("hello"));
  expect({{PacketClass::stun, 1}, {PacketClass::dtls, 1}, {PacketClass::other, 1}});
}

TEST_F(Classes, OtherProtocolsAndFragments) {
  frames_.push_back(ethernet(ipv4("10.0.0.1", "10.0.0.2", 1, Buffer(20, 0))));
  frames_.push_back(ethernet(ipv4("10.0.0.1", "10.0.0.2", 1, as_bytes(sip_invite))));
  frames_.push_back(ethernet(ipv4("10.0.0.1", "10.0.0.2", 17, Buffer(20, 0), 0x0010)));
  expect({{PacketClass::other, 2}, {PacketClass::clear_sip, 1}});
  EXPECT_EQ(classified().fragments, 1U);
}

TEST_F(Classes, AuthenticatesBitByBitWhileTheCallIsUp) {
  Classifier classifier;
  std::size_t asked = 0;
  const Authenticate counting = [&](const MediaPath& leg, bool from_to, MediaKind kind,
                                    std::span<const Buffer> packets) {
    asked += packets.size();
    return ends_well(leg, from_to, kind, packets);
  };
  for (std::uint16_t i = 0; i < 3; ++i) {
    classifier.add(*parse_packet(udp_frame(edge_media, phone_media, good(rtp(i)))));
    classifier.authenticate(std::span(&path, 1), counting);
  }
  const auto result = classifier.finish();
  EXPECT_EQ(asked, 3U);
  EXPECT_EQ(count(result.counts, PacketClass::srtp), 3U);
  ASSERT_EQ(result.media.size(), 1U);
  EXPECT_EQ(result.media[0].authenticated_from, 3U);
}

TEST_F(Classes, TooManyConnectionsAreCountedNotFollowed) {
  for (std::size_t i = 0; i < limits::capture_tcp_flows + 3; ++i) {
    tcp({"10.0.0.1", static_cast<std::uint16_t>(i + 1)}, {"10.0.0.2", 5061}, 1, syn);
  }
  EXPECT_EQ(classified().unexamined, 3U);
}

TEST(Datagram, FindsSipTextInAnyCase) {
  EXPECT_TRUE(holds_sip_text(as_bytes("x sip/2.0\r\n")));
  EXPECT_TRUE(holds_sip_text(as_bytes("SIP/2.0 100 Trying")));
  EXPECT_FALSE(holds_sip_text(as_bytes("/2.0 HTTP/2.0 SIP/2.")));
  EXPECT_FALSE(holds_sip_text({}));
}

}  // namespace
}  // namespace ringwall::proof
