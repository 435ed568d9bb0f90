// Whoever lacks the password moves nothing and gets nothing.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "media/ice/simulated_nats.h"

namespace ringwall::media {
namespace {

using Host = IceWorld::Host;

struct Attacked : IceWorld {
  explicit Attacked(bool lite) : a(add("10.0.0.2", NatKind::port_restricted)), b(add("192.0.2.1")) {
    IceParameters of_a = parameters(a, b, true), of_b = parameters(b, a, false);
    of_a.remote_lite = of_b.lite = lite;
    start(a, of_a);
    start(b, of_b);
  }
  [[nodiscard]] stun::TransactionId number() {
    stun::TransactionId out;
    for (auto& byte : out)
      byte = static_cast<std::uint8_t>(random());
    return out;
  }
  /// A request with everything right that does not need the password, and what is asked for beside.
  [[nodiscard]] Buffer request(std::string_view password, bool nominate = true, std::uint32_t priority = 0x7fff'ffff) {
    stun::Writer out(stun::Class::request, number());
    out.text(stun::Attribute::username, b.ufrag + ":" + a.ufrag);
    out.u32(stun::Attribute::priority, priority);
    out.u64(stun::Attribute::ice_controlling, ~0ull);
    if (nominate) out.flag(stun::Attribute::use_candidate);
    out.integrity(as_bytes(password));
    out.fingerprint();
    return to_buffer(out.bytes());
  }
  [[nodiscard]] Buffer response(std::string_view password, const stun::TransactionId& transaction) {
    stun::Writer out(stun::Class::success, transaction);
    out.xor_mapped_address(b.rtp);
    out.integrity(as_bytes(password));
    out.fingerprint();
    return to_buffer(out.bytes());
  }
  [[nodiscard]] Buffer without_integrity() {
    stun::Writer out(random() % 2 == 0 ? stun::Class::request : stun::Class::success, number());
    out.text(stun::Attribute::username, b.ufrag + ":" + a.ufrag);
    out.flag(stun::Attribute::use_candidate);
    out.xor_mapped_address(at("198.51.100.66:6666"));
    if (random() % 2 == 0) out.fingerprint();
    return to_buffer(out.bytes());
  }
  [[nodiscard]] Buffer changed_true_one() {
    Buffer out = b.heard[random() % b.heard.size()].first;
    out[random() % out.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    return out;
  }
  Buffer forged(int kind) {
    switch (kind % 5) {
      case 0:
        return request("a password that is guessed");
      case 1:
        return response("a password that is guessed", number());
      case 2:
        return without_integrity();
      case 3:
        return changed_true_one();
      default: {  // a true request, sent again from elsewhere
        const std::size_t newest = b.heard.size() - 1 - random() % std::min<std::size_t>(b.heard.size(), 8);
        return b.heard[newest].first;
      }
    }
  }
  Host &a, &b;
};

TEST(IceAttack, TenThousandForgedMessagesChangeNothing) {
  for (const bool lite : {true, false}) {
    Attacked world(lite);
    ASSERT_TRUE(
        world.run_until(5s, [&] { return world.reaches(world.a, world.b) && world.reaches(world.b, world.a); }));
    world.run(8s);
    Host& b = world.b;
    const auto target = b.agent->target(1);
    const std::size_t pairs = b.agent->pairs().size();
    const auto before = b.agent->counts();
    for (int i = 0; i < 10'000; ++i) {
      const PacketAddress from = at(fmt::format("198.51.100.{}:{}", i % 200 + 1, 1024 + i % 5000));
      b.agent->receive(world.forged(i), from, 1, world.now);
      ASSERT_FALSE(b.agent->has_transmit()) << i << ": a stranger was answered";
      ASSERT_FALSE(b.agent->poll_event());
      ASSERT_FALSE(b.agent->is_valid_source(from, 1));
    }
    EXPECT_EQ(b.agent->target(1), target);
    EXPECT_EQ(b.agent->pairs().size(), pairs);
    EXPECT_EQ(b.agent->counts().answered, before.answered);
    EXPECT_EQ(b.agent->counts().refused - before.refused, 10'000u);
    world.run(2min);
    EXPECT_TRUE(world.reaches(world.a, world.b) && world.reaches(world.b, world.a)) << "the call goes on";
    EXPECT_EQ(b.events, std::vector{IceAgent::Event::selected});
  }
}

TEST(IceAttack, AnAnswerFromElsewhereDoesNotCount) {
  Attacked world(false);
  world.b.agent->expire(world.now);
  const auto asked = world.b.agent->poll_transmit();
  ASSERT_TRUE(asked);
  const auto message = stun::parse(asked->message.bytes());
  // Even with the password: it has to come from where the request went.
  world.b.agent->receive(world.response(world.a.password, message->transaction), at("198.51.100.66:6666"), 1,
                         world.now);
  EXPECT_FALSE(world.b.agent->target(1));
  EXPECT_FALSE(world.b.agent->is_valid_source(at("198.51.100.66:6666"), 1));
}

TEST(IceAttack, AnswersAreLimitedEvenForThePeer) {
  Attacked world(true);
  for (int i = 0; i < 1000; ++i) {
    world.b.agent->receive(world.request(world.b.password, false), at("203.0.113.1:5000"), 1, world.now);
    while (world.b.agent->poll_transmit()) {
    }
  }
  EXPECT_EQ(world.b.agent->counts().answered, limits::ice_answers_per_second);
  EXPECT_EQ(world.b.agent->counts().limited, 1000 - limits::ice_answers_per_second);
  world.now += 1s;
  world.b.agent->receive(world.request(world.b.password, false), at("203.0.113.1:5000"), 1, world.now);
  EXPECT_TRUE(world.b.agent->has_transmit());
}

TEST(IceAttack, APeerThatSendsFromEverywhereHasNoMorePairsThanTheLimit) {
  for (const bool lite : {true, false}) {
    Attacked world(lite);
    for (int i = 0; i < 2000; ++i) {
      world.now += 10ms;
      world.b.agent->receive(world.request(world.b.password, false, 1000), at(fmt::format("203.0.113.7:{}", 2000 + i)),
                             1, world.now);
      world.b.agent->expire(world.now);
      while (world.b.agent->poll_transmit()) {
      }
      ASSERT_LE(world.b.agent->pairs().size(), limits::ice_pairs);
    }
    world.b.agent->receive(world.request(world.b.password), at("203.0.113.8:9"), 1, world.now);
    if (lite) EXPECT_EQ(world.b.agent->target(1), at("203.0.113.8:9"));
  }
}

TEST(IceRequests, WhatIsNotUnderstoodIsSaid) {
  Attacked world(true);
  stun::Writer out(stun::Class::request, world.number());
  out.text(stun::Attribute::username, world.b.ufrag + ":" + world.a.ufrag);
  out.u32(stun::Attribute::priority, 1);
  out.flag(static_cast<stun::Attribute>(0x77));
  out.flag(stun::Attribute::use_candidate);
  out.integrity(as_bytes(world.b.password));
  out.fingerprint();
  world.b.agent->receive(out.bytes(), at("203.0.113.1:5000"), 1, world.now);
  const auto answer = world.b.agent->poll_transmit();
  ASSERT_TRUE(answer);
  const auto message = stun::parse(answer->message.bytes());
  EXPECT_EQ(message->kind, stun::Class::error);
  EXPECT_EQ(message->error, 420);
  EXPECT_TRUE(stun::integrity_right(*message, as_bytes(world.b.password)));
  EXPECT_FALSE(world.b.agent->target(1));
}

/// All pairs at once (RFC 5245), or one after another without a restart: both kinds of browsers' nomination.
TEST(IceRequests, TheBestOfSeveralNominationsCounts) {
  Attacked world(true);
  IceAgent& agent = *world.b.agent;
  const auto ask = [&](std::string_view from, bool nominate, std::uint32_t priority) {
    agent.receive(world.request(world.b.password, nominate, priority), at(from), 1, world.now);
  };
  ask("203.0.113.1:5000", true, 500);
  EXPECT_EQ(agent.target(1), at("203.0.113.1:5000"));
  ask("203.0.113.2:5000", true, 900);
  EXPECT_EQ(agent.target(1), at("203.0.113.2:5000"));
  ask("203.0.113.1:5000", true, 500);
  EXPECT_EQ(agent.target(1), at("203.0.113.2:5000")) << "the better one stays";
  ask("203.0.113.2:5000", false, 900);  // the peer still checks it, but no longer wants it
  ask("203.0.113.1:5000", true, 500);
  EXPECT_EQ(agent.target(1), at("203.0.113.1:5000"));
}

}  // namespace
}  // namespace ringwall::media
