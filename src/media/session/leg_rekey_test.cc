// How a leg changes its keys.
#include <gtest/gtest.h>

#include <ranges>

#include "media/session/leg_world_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;

TEST(Rekeying, LosesNothingWhicheverSideIsFirst) {
  World world;
  Leg &a = world.add(1), &b = world.add(2);
  constexpr Suite before = Suite::aes_cm_128_hmac_sha1_80, after = Suite::aead_aes_256_gcm;
  world.connect(1, 2, before);
  a.start_tone(500);
  b.start_tone(600);
  world.run(1s);
  // b changes first and hears old packets meanwhile; its own new ones must wait until a knows the keys too.
  auto for_b = World::parameters(1, after, key_for(after, 150), key_for(after, 50));
  for_b.send = false;
  b.configure(for_b, world.now);
  world.run(200ms);
  EXPECT_EQ(b.report().authentication_failures, 0u);
  a.configure(World::parameters(2, after, key_for(after, 50), key_for(after, 150)), world.now);
  for_b.send = true;
  b.configure(for_b, world.now);
  world.run(1s);
  EXPECT_EQ(b.report().lost + a.report().lost, 0u);
  EXPECT_EQ(b.report().received.packets, 110u);
  EXPECT_EQ(b.report().suite, "AEAD_AES_256_GCM");
}

TEST(Rekeying, OldKeysEnd) {
  World world;
  world.add(1);
  Leg& b = world.add(2);
  constexpr Suite suite = Suite::aead_aes_128_gcm;
  world.connect(1, 2, suite, 1);
  world.run(200ms);
  world.deliver = false;
  world.run(200ms);
  world.deliver = true;
  const Buffer unheard = world.wire.end()[-2].from == 1 ? world.wire.end()[-2].bytes : world.wire.end()[-1].bytes;
  world.connect(1, 2, suite, 7);
  world.run(3s);
  const auto failures = b.report().authentication_failures;
  world.inject(2, unheard, packet_address(1));
  EXPECT_EQ(b.report().authentication_failures + b.report().replayed, failures + 1);
}

/// Parameters of host 1 or 2 towards the other, with identifiers and a lifetime; `salt` tells generations apart.
LegParameters with_identifiers(int host, Suite suite, std::uint8_t salt, std::uint64_t lifetime = 0) {
  const auto key = [&](int sender) { return key_for(suite, static_cast<std::uint8_t>(salt + 100 * (sender - 1))); };
  const auto identifier = [&](int sender) {
    return std::vector<std::uint8_t>{salt, static_cast<std::uint8_t>(sender)};
  };
  LegParameters out = World::parameters(3 - host, suite, {}, {});
  out.security = SrtpKeys{.suite = suite,
                          .local = key(host),
                          .remote = key(3 - host),
                          .local_mki = identifier(host),
                          .remote_mki = identifier(3 - host),
                          .lifetime = lifetime};
  return out;
}

TEST(Rekeying, AKeyThatIsNearlyUsedIsToldBeforeItEnds) {
  for (const Suite suite : {Suite::aes_256_cm_hmac_sha1_80, Suite::aead_aes_128_gcm}) {
    World world;
    Leg &a = world.add(1), &b = world.add(2);
    for (const int host : {1, 2})
      (host == 1 ? a : b).configure(with_identifiers(host, suite, 1, 200), world.now);
    a.start_tone(500);
    b.start_tone(600);
    world.run(174 * 20ms);
    EXPECT_TRUE(of_kind<KeyNearlyUsed>(world.events).empty());
    world.run(40ms);
    EXPECT_EQ(of_kind<KeyNearlyUsed>(world.events).size(), 2u) << "both legs, once";
    world.run(100ms);
    EXPECT_EQ(of_kind<KeyNearlyUsed>(world.events).size(), 2u);
    for (const int host : {1, 2})
      (host == 1 ? a : b).configure(with_identifiers(host, suite, 2, 200), world.now);
    world.run(2s);
    EXPECT_EQ(a.report().lost + b.report().lost, 0u);
    EXPECT_EQ(a.report().received.packets, 174u + 2 + 5 + 100);
    EXPECT_EQ(of_kind<KeyNearlyUsed>(world.events).size(), 2u);
  }
}

TEST(Rekeying, NothingLeavesUnderAKeyThatHasEnded) {
  World world;
  Leg &a = world.add(1), &b = world.add(2);
  for (const int host : {1, 2})
    (host == 1 ? a : b).configure(with_identifiers(host, Suite::aes_cm_128_hmac_sha1_80, 1, 64), world.now);
  world.run(4s);
  const auto from_a = std::ranges::count_if(world.wire, [](const auto& sent) { return sent.from == 1 && !sent.rtcp; });
  EXPECT_EQ(from_a, 64);
  EXPECT_EQ(b.report().received.packets, 64u);
  // At 8, 4, 2 and 1 packets before the end, and at the end: each time there is less time left for a re-INVITE.
  EXPECT_EQ(of_kind<KeyNearlyUsed>(world.events).size(), 2u * 4);
}

TEST(Rekeying, IdentifiersOfTwoGenerationsOverlap) {
  World world;
  Leg &a = world.add(1), &b = world.add(2);
  constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_32;
  for (const int host : {1, 2})
    (host == 1 ? a : b).configure(with_identifiers(host, suite, 1), world.now);
  world.run(1s);
  b.configure(with_identifiers(2, suite, 2), world.now);
  world.run(100ms);  // a has not heard of the new keys: b's packets are named by what a does not know
  EXPECT_EQ(b.report().unknown_keys, 0u) << "b takes the old keys still";
  EXPECT_EQ(a.report().unknown_keys, 5u);
  EXPECT_EQ(a.report().authentication_failures, 0u);
  a.configure(with_identifiers(1, suite, 2), world.now);
  world.run(1s);
  EXPECT_EQ(a.report().unknown_keys, 5u);
  EXPECT_EQ(b.report().lost, 0u);
  EXPECT_EQ(b.report().received.packets, 105u);
}

/// Peers differ in whether a new key starts the rollover counter anew: we leave them no doubt.
TEST(Rekeying, TakesAnotherSsrcOnceItsNumbersHaveWrapped) {
  World world;
  Leg &a = world.add(1), &b = world.add(2);
  constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;
  const auto ssrc = [&] {
    for (const auto& sent : std::views::reverse(world.wire))
      if (sent.from == 1 && !sent.rtcp) return parse_rtp_header(sent.bytes)->ssrc;
    return std::uint32_t{0};
  };
  world.connect(1, 2, suite, 1);
  world.run(1s);
  const std::uint32_t first = ssrc();
  world.connect(1, 2, suite, 2);
  world.run(1s);
  EXPECT_EQ(ssrc(), first);
  world.run(11min);  // the first number is 0x7ff0: they wrap after 10:56
  EXPECT_EQ(ssrc(), first);
  world.wire.clear();
  world.connect(1, 2, suite, 3);
  world.run(1s);
  EXPECT_NE(ssrc(), first);
  EXPECT_EQ(a.report().authentication_failures + b.report().authentication_failures, 0u);
  EXPECT_EQ(b.report().received.packets, 50u * (1 + 1 + 660 + 1));
}

/// A peer that keeps its SSRC and its sequence numbers over a change of keys, whether it goes on counting rollovers or
/// begins anew (RFC 3711 section 3.3.1 leaves a receiver to find out).
TEST(Rekeying, FollowsThePeersRolloverCounter) {
  for (const bool anew : {false, true}) {
    for (const std::uint32_t pause : {0u, 40u}) {
      World world;
      Leg& leg = world.add(2);
      constexpr Suite suite = Suite::aead_aes_256_gcm;
      std::uint32_t index = 0xfff0;
      const auto send = [&](const Secret& key, std::uint32_t counted_from) {
        SrtpTransform transform(suite, key.reveal(), SrtpTransform::Kind::rtp, SrtpTransform::Use::protect);
        Buffer packet(172 + srtp_expansion);
        write_rtp_header(packet, {.sequence = static_cast<std::uint16_t>(index), .ssrc = 9});
        packet.resize(transform.protect_rtp(packet, 172, rtp_fixed_header, 9, index - counted_from));
        world.inject(2, packet, packet_address(1));
        ++index;
      };
      leg.configure(World::parameters(1, suite, key_for(suite, 1), key_for(suite, 2)), world.now);
      for (int i = 0; i < 40; ++i)
        send(key_for(suite, 2), 0);
      for (const std::uint32_t later : {0x17000u, 0x1e000u, 0x1fff7u}) {
        index = later;
        send(key_for(suite, 2), 0);
      }
      ASSERT_EQ(leg.report().received.packets, 43u);
      leg.configure(World::parameters(1, suite, key_for(suite, 3), key_for(suite, 4)), world.now);
      const std::uint32_t counted_from = anew ? index & 0xffff0000 : 0;
      index += pause;  // lost; with the longer one the numbers wrap unheard
      for (int i = 0; i < 30; ++i)
        send(key_for(suite, 4), counted_from);
      EXPECT_EQ(leg.report().received.packets, 73u) << anew << pause;
    }
  }
}

}  // namespace
}  // namespace ringwall::media
