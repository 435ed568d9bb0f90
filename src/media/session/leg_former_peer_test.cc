// Last words of a peer that a re-INVITE has replaced: they are heard, and say nothing about where the new one is.
#include <gtest/gtest.h>

#include "media/session/leg_world_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;

constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;

/// A packet that `talker` sends to `listener` and that is still under way.
Buffer late_packet(World& world, int talker, int listener, std::uint8_t salt) {
  world.connect(talker, listener, suite, salt);
  world.at(talker).start_tone(500);
  world.run(200ms);
  const auto is_late = [&](const World::Sent& sent) { return sent.from == talker && !sent.rtcp; };
  world.deliver = false;
  world.run(40ms);
  world.deliver = true;
  const auto last = std::find_if(world.wire.rbegin(), world.wire.rend(), is_late);
  return last->bytes;
}

// As in an attended transfer: two that talked to a third are joined. If each of them still sent to that one, neither
// would ever hear where the other is.
TEST(FormerPeer, ItsLatePacketsKeepNobodyFromTheNewOne) {
  World world;
  world.add(1);
  Leg &b = world.add(2), &c = world.add(3);
  const Buffer to_b = late_packet(world, 1, 2, 1);
  const Buffer to_c = late_packet(world, 1, 3, 2);
  ASSERT_EQ(b.report().remote, address(1));
  world.connect(2, 3, suite, 7);
  const auto before = b.report().received.packets;
  world.inject(2, to_b, packet_address(1));
  world.inject(3, to_c, packet_address(1));
  EXPECT_EQ(b.report().received.packets, before + 1) << "its key still holds";
  EXPECT_EQ(b.report().remote, address(3));
  EXPECT_EQ(c.report().remote, address(2));
  b.start_tone(600);
  c.start_tone(700);
  world.run(1s);
  EXPECT_GE(b.report().received.packets, before + 45);
  EXPECT_EQ(b.report().remote, address(3));
  EXPECT_EQ(c.report().remote, address(2));
}

TEST(FormerPeer, TheNewOneIsFollowedToWhereItReallyIs) {
  World world;
  world.add(1);
  Leg& b = world.add(2);
  world.add(3);
  const Buffer late = late_packet(world, 1, 2, 1);
  world.connect(2, 3, suite, 7);
  world.deliver = false;
  world.at(3).start_tone(700);
  world.run(40ms);
  world.deliver = true;
  const Buffer first = world.wire.back().bytes;
  ASSERT_EQ(world.wire.back().from, 3);
  world.inject(2, first, packet_address(4, 30'000));  // through a NAT
  EXPECT_EQ(b.report().remote, address(4, 30'000));
  world.inject(2, late, packet_address(1));
  EXPECT_EQ(b.report().remote, address(4, 30'000));
}

}  // namespace
}  // namespace ringwall::media
