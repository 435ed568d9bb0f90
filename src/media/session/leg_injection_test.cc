// An attacker who knows everything but the keys.
#include <gtest/gtest.h>

#include <random>

#include "media/session/leg_world_for_test.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::media {
namespace {

using namespace test;

TEST(Injection, ForgedAndReplayedPacketsReachNobodyAndMoveNothing) {
  Relay world(Suite::aes_cm_128_hmac_sha1_80, Suite::aead_aes_256_gcm);
  world.run(1s);
  const auto before_4 = world.leg(4).report().received.packets;
  const Buffer real = captured_from(world, 1, 10);
  Buffer forged = real;
  forged[20] ^= 0x55;
  for (int i = 0; i < 5'000; ++i) {
    forged[3] = static_cast<std::uint8_t>(i);
    forged[2] = static_cast<std::uint8_t>(i >> 8);
    world.inject(2, forged, packet_address(66));
    world.inject(2, real, packet_address(66));
  }
  const LegReport report = world.leg(2).report();
  EXPECT_EQ(world.leg(4).report().received.packets, before_4);
  EXPECT_EQ(report.remote, address(1));
  EXPECT_EQ(report.authentication_failures + report.replayed, 10'000u);
  world.run(1s);
  EXPECT_EQ(world.leg(4).report().received.packets, before_4 + 50);
}

TEST(Injection, AnAuthenticatedPacketMovesThePeer) {
  World world;
  world.add(1);
  Leg& leg = world.add(2);
  world.connect(1, 2, Suite::aead_aes_256_gcm);
  world.run(200ms);
  EXPECT_EQ(leg.report().remote, address(1));
  world.deliver = false;
  world.run(40ms);
  const Buffer newest = world.wire.end()[-2].from == 1 ? world.wire.end()[-2].bytes : world.wire.end()[-1].bytes;
  world.inject(2, newest, packet_address(1, 30'000));
  EXPECT_EQ(leg.report().remote, address(1, 30'000));
  // The one before it comes late and from the old address: it counts but moves nothing.
  const Buffer older = world.wire.end()[-4].from == 1 ? world.wire.end()[-4].bytes : world.wire.end()[-3].bytes;
  world.inject(2, older, packet_address(1));
  EXPECT_EQ(leg.report().remote, address(1, 30'000));
  EXPECT_EQ(leg.report().replayed, 0u);
}

TEST(Injection, AClearLegKeepsToItsFirstSource) {
  World world;
  Leg& leg = world.add(2);
  leg.configure(World::clear(1), world.now);
  Buffer packet(172);
  const auto send = [&](std::uint16_t sequence, std::uint32_t ssrc, PacketAddress from) {
    write_rtp_header(packet, {.sequence = sequence, .ssrc = ssrc});
    world.inject(2, packet, from);
  };
  send(1, 7, packet_address(1, 4000));
  EXPECT_EQ(leg.report().remote, address(1, 4000));
  send(2, 7, packet_address(9, 4000));
  send(2, 8, packet_address(1, 4000));
  send(2, 7, packet_address(1, 4001));
  EXPECT_EQ(leg.report().received.packets, 1u);
  EXPECT_EQ(leg.report().refused, 3u);
  EXPECT_EQ(leg.report().remote, address(1, 4000));
  EXPECT_EQ(leg.report().waiver, "pstn");
  world.inject(2, Buffer(64, 0x80), packet_address(9, 4001), true);
  EXPECT_EQ(leg.report().refused, 4u);
  auto moved = World::clear(1);
  moved.remote.port = 22'222;
  leg.configure(moved, world.now);
  send(3, 9, packet_address(1, 22'222));
  EXPECT_EQ(leg.report().received.packets, 2u);
}

/// What an attacker sends: each packet is made from a true one that went over the wire, or from nothing.
class Forger {
 public:
  Forger(const World& world, std::uint32_t seed) : random_(seed) {
    for (const auto& sent : world.wire)
      if (sent.from == 1 || sent.from == 4) true_.push_back(sent);
  }

  struct Forged {
    int victim;
    bool rtcp;
    PacketAddress from;
    Buffer bytes;
  };
  Forged next() {
    const auto& model = true_[below(true_.size())];
    Forged out{model.from == 1 ? 2 : 3, model.rtcp, packet_address(model.from, model.rtcp ? 20'001 : 20'000),
               model.bytes};
    if (below(2) == 0) out.from = packet_address(66, static_cast<std::uint16_t>(1'024 + below(60'000)));
    switch (below(7)) {
      case 0:  // anything at all
        out.bytes.resize(below(300));
        for (auto& byte : out.bytes)
          byte = static_cast<std::uint8_t>(random_());
        break;
      case 1:  // the right SSRC, the number that comes next, words of its own
        if (!out.rtcp) out.bytes[3] = static_cast<std::uint8_t>(out.bytes[3] + 1 + below(40));
        for (std::size_t i = 12; i < out.bytes.size(); ++i)
          out.bytes[i] = static_cast<std::uint8_t>(random_());
        break;
      case 2:  // one bit of a true one
        out.bytes[below(out.bytes.size())] ^= static_cast<std::uint8_t>(1 << below(8));
        break;
      case 3:  // cut short
        out.bytes.resize(below(out.bytes.size()));
        break;
      case 4:  // longer
        out.bytes.resize(out.bytes.size() + 1 + below(40));
        break;
      case 5:  // of another source, or to the other port
        out.bytes[below(2) == 0 ? 8 : 11] ^= 0x40;
        out.rtcp = below(2) == 0;
        break;
      default:  // played again
        break;
    }
    return out;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::mt19937 random_;
  std::vector<World::Sent> true_;
};

class EverySuite : public ::testing::TestWithParam<Suite> {};
INSTANTIATE_TEST_SUITE_P(Injection, EverySuite,
                         ::testing::Values(Suite::aead_aes_256_gcm, Suite::aead_aes_128_gcm,
                                           Suite::aes_cm_128_hmac_sha1_80, Suite::aes_256_cm_hmac_sha1_80,
                                           Suite::aes_cm_128_hmac_sha1_32, Suite::aes_256_cm_hmac_sha1_32),
                         [](const auto& info) { return std::string(print(info.param)); });

std::uint64_t dropped(const LegReport& report) {
  return report.authentication_failures + report.replayed + report.refused + report.unknown_keys;
}

TEST_P(EverySuite, TenThousandForgedPacketsReachNobody) {
  for (const bool named : {false, true}) {  // with and without master key identifiers
    Relay world(GetParam(), GetParam());
    if (named) {
      for (const int host : {1, 2, 3, 4}) {
        const int peer = host == 1 ? 2 : host == 2 ? 1 : host == 3 ? 4 : 3;
        const std::uint8_t pair = host <= 2 ? 10 : 20;
        LegParameters parameters =
            World::parameters(peer, GetParam(), key_for(GetParam(), static_cast<std::uint8_t>(pair + host)),
                              key_for(GetParam(), static_cast<std::uint8_t>(pair + peer)));
        std::get<SrtpKeys>(parameters.security).local_mki = {1, static_cast<std::uint8_t>(host)};
        std::get<SrtpKeys>(parameters.security).remote_mki = {1, static_cast<std::uint8_t>(peer)};
        world.leg(host).configure(std::move(parameters), world.now);
      }
    }
    world.run(20s);  // some reports are on the wire, too
    const auto before = [&](int host) { return world.leg(host).report(); };
    const LegReport at_1 = before(1), at_2 = before(2), at_3 = before(3), at_4 = before(4);
    const std::size_t on_the_wire = world.wire.size();
    Forger forger(world, 7 + named);
    for (int i = 0; i < 10'000; ++i) {
      Forger::Forged forged = forger.next();
      world.inject(forged.victim, std::move(forged.bytes), forged.from, forged.rtcp);
    }
    EXPECT_EQ(world.wire.size(), on_the_wire) << "nothing was sent because of them";
    EXPECT_EQ(world.leg(1).report().received.packets, at_1.received.packets);
    EXPECT_EQ(world.leg(4).report().received.packets, at_4.received.packets);
    const LegReport after_2 = world.leg(2).report(), after_3 = world.leg(3).report();
    EXPECT_EQ(after_2.received.packets, at_2.received.packets);
    EXPECT_EQ(after_3.received.packets, at_3.received.packets);
    EXPECT_EQ(dropped(after_2) - dropped(at_2) + dropped(after_3) - dropped(at_3), 10'000u);
    EXPECT_GT(after_2.authentication_failures, 300u);
    EXPECT_GT(after_2.replayed, 500u);
    EXPECT_EQ(after_2.unknown_keys > 0, named);
    EXPECT_EQ(after_2.remote, address(1));
    EXPECT_EQ(after_3.remote, address(4));
    world.run(1s);
    EXPECT_EQ(world.leg(4).report().received.packets, at_4.received.packets + 50);
    EXPECT_EQ(world.leg(1).report().received.packets, at_1.received.packets + 50);
  }
}

/// A clear leg has nothing but the source to go by: an attacker elsewhere is told from the peer, whatever he sends.
TEST(Injection, TenThousandForgedPacketsReachNobodyThroughAClearLeg) {
  Relay world(Suite::aead_aes_256_gcm, Suite::aead_aes_256_gcm);
  world.leg(1).configure(World::clear(2), world.now);
  world.leg(2).configure(World::clear(1), world.now);
  world.run(20s);
  const LegReport at_2 = world.leg(2).report(), at_4 = world.leg(4).report();
  Forger forger(world, 11);
  std::mt19937 random(12);
  int sent = 0;
  while (sent < 10'000) {
    Forger::Forged forged = forger.next();
    if (forged.victim != 2) continue;
    const bool elsewhere = random() % 2 == 0;  // from another host, or from another port of the peer's
    forged.from = elsewhere ? packet_address(66, forged.rtcp ? 20'001 : 20'000)
                            : packet_address(1, static_cast<std::uint16_t>(30'000 + random() % 10'000));
    world.inject(2, std::move(forged.bytes), forged.from, forged.rtcp);
    ++sent;
  }
  EXPECT_EQ(world.leg(4).report().received.packets, at_4.received.packets);
  EXPECT_EQ(world.leg(2).report().received.packets, at_2.received.packets);
  EXPECT_EQ(dropped(world.leg(2).report()) - dropped(at_2), 10'000u);
  EXPECT_EQ(world.leg(2).report().remote, address(1));
  world.run(1s);
  EXPECT_EQ(world.leg(4).report().received.packets, at_4.received.packets + 50);
}

}  // namespace
}  // namespace ringwall::media
