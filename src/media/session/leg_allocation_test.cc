// The packet path allocates nothing: every operator new of this program is counted while a test says so.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "media/session/leg_world_for_test.h"

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
  if (counting) ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace ringwall::media {
namespace {

using namespace test;

template <class Work>
std::size_t allocations_of(Work work) {
  allocations = 0;
  counting = true;
  work();
  counting = false;
  return allocations;
}

TEST(Allocations, AreCounted) {
  EXPECT_GT(allocations_of([] { std::vector<int>(100).swap(*std::make_unique<std::vector<int>>()); }), 0u);
  EXPECT_EQ(allocations_of([] {}), 0u);
}

/// What leg 1 says in `time`, as it is on the wire.
std::vector<Buffer> spoken(World& world, std::chrono::milliseconds time) {
  world.wire.clear();
  world.deliver = false;
  world.run(time);
  world.deliver = true;
  std::vector<Buffer> out;
  for (const auto& sent : world.wire)
    if (sent.from == 1 && !sent.rtcp) out.push_back(sent.bytes);
  return out;
}

TEST(Allocations, ARelayedPacketMakesNone) {
  for (const Suite suite : {Suite::aead_aes_128_gcm, Suite::aes_cm_128_hmac_sha1_80}) {
    Relay world(suite, Suite::aead_aes_256_gcm);
    world.run(10s);
    std::vector<Buffer> packets = spoken(world, 4s);
    ASSERT_EQ(packets.size(), 200u);
    std::size_t sent = 0;
    const auto relay_all = [&] {
      for (Buffer& packet : packets) {
        world.leg(2).receive(packet, false, packet_address(1), world.now, world.out);
        world.leg(2).tick(world.now, world.out);
        world.leg(3).tick(world.now, world.out);
        for (const Outbox::Packet& out : world.out.packets())
          sent += out.leg == &world.leg(3) && !out.rtcp;
        world.out.clear_packets();
        world.now += 20ms;
      }
    };
    EXPECT_EQ(allocations_of(relay_all), 0u) << print(suite);
    EXPECT_EQ(sent, 200u);
  }
}

TEST(Allocations, APlayedPromptMakesNone) {
  World world;
  Leg& leg = world.add(1);
  world.add(2);
  world.connect(1, 2, Suite::aead_aes_256_gcm);
  leg.play({.clips = {tone_clip(440, 8'000)}, .loop = true});
  world.run(10s);
  std::size_t sent = 0;
  const auto play = [&] {
    for (int frame = 0; frame < 500; ++frame, world.now += 20ms) {
      leg.tick(world.now, world.out);
      sent += world.out.packets().size();
      world.out.clear_packets();
    }
  };
  EXPECT_EQ(allocations_of(play), 0u);
  EXPECT_GE(sent, 500u);
}

}  // namespace
}  // namespace ringwall::media
