#include "media/ice/ice_agent.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "media/ice/simulated_nats.h"

namespace ringwall::media {
namespace {

using Event = IceAgent::Event;
using Host = IceWorld::Host;
constexpr std::array all_nats = {NatKind::none, NatKind::full_cone, NatKind::address_restricted,
                                 NatKind::port_restricted, NatKind::symmetric};

/// A full agent calls a lite one at a public address.
struct FullToLite : IceWorld {
  explicit FullToLite(NatKind nat = NatKind::none, std::uint64_t seed = 1, bool mux = true, bool caller_is_full = true)
      : IceWorld(seed), full(add("10.0.0.2", nat)), lite(add("192.0.2.1")) {
    IceParameters of_full = parameters(full, lite, caller_is_full, mux);
    of_full.remote_lite = true;
    IceParameters of_lite = parameters(lite, full, !caller_is_full, mux);
    of_lite.lite = true;
    start(full, of_full, mux);
    start(lite, of_lite, mux);
  }
  bool connects(Duration time = 10s) {
    return run_until(time, [&] { return reaches(full, lite) && reaches(lite, full); });
  }
  Host &full, &lite;
};

struct FullToFull : IceWorld {
  explicit FullToFull(NatKind a_nat = NatKind::none, NatKind b_nat = NatKind::none, std::uint64_t seed = 1,
                      bool mux = true, bool a_controls = true, bool b_controls = false)
      : IceWorld(seed), a(add("10.0.0.2", a_nat)), b(add("172.16.0.2", b_nat)) {
    start(a, parameters(a, b, a_controls, mux), mux);
    start(b, parameters(b, a, b_controls, mux), mux);
  }
  bool connects(Duration time = 10s) {
    return run_until(time, [&] { return reaches(a, b) && reaches(b, a) && !a.events.empty() && !b.events.empty(); });
  }
  Host &a, &b;
};

TEST(IceLite, IsReachedFromBehindEveryNat) {
  for (const NatKind nat : all_nats)
    for (const bool caller_is_full : {true, false}) {
      FullToLite world(nat, 1, true, caller_is_full);
      ASSERT_TRUE(world.connects(2s)) << static_cast<int>(nat);
      EXPECT_TRUE(world.full.agent->controlling());
      EXPECT_FALSE(world.lite.agent->controlling());
      EXPECT_EQ(*world.full.agent->target(1), world.lite.rtp);
      EXPECT_EQ(*world.lite.agent->target(1), IceWorld::seen_from(world.full, world.full.rtp, world.lite.rtp));
      world.run(1s);
      EXPECT_EQ(world.full.events, std::vector{Event::selected});
      EXPECT_EQ(world.lite.events, std::vector{Event::selected});
    }
}

TEST(IceLite, SendsNoCheckOfItsOwn) {
  FullToLite world;
  ASSERT_TRUE(world.connects());
  world.run(10min);
  for (const auto& [bytes, from] : world.full.heard)
    EXPECT_NE(stun::parse(bytes)->kind, stun::Class::request);
  EXPECT_EQ(world.lite.events, std::vector{Event::selected});
}

TEST(IceLite, NeedsNoCandidateOfThePeer) {
  IceWorld world;
  Host &full = world.add("10.0.0.2", NatKind::symmetric), &lite = world.add("192.0.2.1");
  IceParameters of_full = world.parameters(full, lite, true), of_lite = world.parameters(lite, full, false);
  of_full.remote_lite = of_lite.lite = true;
  of_lite.remote_candidates.clear();
  world.start(full, of_full);
  world.start(lite, of_lite);
  EXPECT_TRUE(world.run_until(2s, [&] { return world.reaches(lite, full) && world.reaches(full, lite); }));
}

TEST(IceFull, ReachesEachOtherWhereverThatCanBe) {
  for (const NatKind a : all_nats)
    for (const NatKind b : all_nats) {
      FullToFull world(a, b);
      const auto closed = [](NatKind kind) { return kind == NatKind::symmetric || kind == NatKind::port_restricted; };
      const bool possible = !((a == NatKind::symmetric && closed(b)) || (b == NatKind::symmetric && closed(a)));
      EXPECT_EQ(world.connects(), possible) << static_cast<int>(a) << ' ' << static_cast<int>(b);
      if (possible) continue;
      EXPECT_TRUE(world.a.events.empty()) << "nothing fails before its time";
      world.run(40s);
      EXPECT_EQ(world.a.events, std::vector{Event::failed});
      EXPECT_EQ(world.b.events, std::vector{Event::failed});
      EXPECT_FALSE(world.a.agent->target(1));
    }
}

TEST(IceFull, LossDelayAndDuplicatesOnlyTakeTime) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    FullToFull world(NatKind::port_restricted, NatKind::address_restricted, seed);
    world.loss = 0.3;
    world.most_delay = 300ms;
    EXPECT_TRUE(world.connects(30s)) << seed;
    FullToLite lite(NatKind::symmetric, seed);
    lite.loss = 0.2;          // nobody asks back, so all hangs on seven tries
    lite.most_delay = 700ms;  // longer than the first time-out
    EXPECT_TRUE(lite.connects(60s)) << seed;
  }
}

TEST(IceFull, TwoComponentsWithoutMultiplexing) {
  FullToFull world(NatKind::port_restricted, NatKind::port_restricted, 3, false);
  ASSERT_TRUE(world.connects());
  EXPECT_TRUE(world.reaches(world.a, world.b, 2));
  EXPECT_TRUE(world.reaches(world.b, world.a, 2));
  EXPECT_NE(*world.a.agent->target(1), *world.a.agent->target(2));
  FullToLite lite(NatKind::symmetric, 3, false);
  ASSERT_TRUE(lite.connects());
  ASSERT_TRUE(lite.run_until(2s, [&] { return lite.reaches(lite.lite, lite.full, 2); }));
  EXPECT_TRUE(lite.reaches(lite.full, lite.lite, 2));
}

TEST(IceFull, ChoosesTheBestPair) {
  IceWorld world;
  Host &a = world.add("10.0.0.2"), &b = world.add("172.16.0.2");
  b.nat = std::make_unique<Nat>(NatKind::full_cone, "203.0.113.9");
  IceParameters of_a = world.parameters(a, b, true);
  std::ranges::reverse(of_a.remote_candidates);
  of_a.remote_candidates.push_back(of_a.remote_candidates.back());
  of_a.remote_candidates.back().address = {"203.0.113.9", 40'000};  // the same place, said to be better
  of_a.remote_candidates.back().priority = 0x7fff'ffff;
  world.start(a, of_a);
  world.start(b, world.parameters(b, a, false));
  ASSERT_TRUE(world.run_until(3s, [&] { return world.reaches(a, b); }));
  for (std::size_t i = 1; i < a.agent->pairs().size(); ++i)
    EXPECT_GE(a.agent->pairs()[i - 1].priority(true), a.agent->pairs()[i].priority(true));
}

TEST(IceRoles, AConflictIsSettled) {
  for (const bool both : {true, false})
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      FullToFull world(NatKind::none, NatKind::port_restricted, seed, true, both, both);
      world.loss = seed % 2 == 0 ? 0.2 : 0;
      ASSERT_TRUE(world.connects(20s)) << both << ' ' << seed;
      world.run(2s);
      EXPECT_NE(world.a.agent->controlling(), world.b.agent->controlling());
      EXPECT_GT(world.a.agent->counts().role_conflicts + world.b.agent->counts().role_conflicts, 0u);
    }
}

TEST(IceRoles, ALiteAgentNeverControlsAFullOne) {
  FullToLite world;
  IceParameters of_full = world.parameters(world.full, world.lite, false);  // believes the peer to be full
  world.start(world.full, of_full);
  ASSERT_TRUE(world.connects());
  EXPECT_TRUE(world.full.agent->controlling());
}

TEST(IceTrickle, CandidatesMayComeLater) {
  IceWorld world;
  Host &a = world.add("10.0.0.2"), &b = world.add("172.16.0.2");
  IceParameters of_a = world.parameters(a, b, true), of_b = world.parameters(b, a, false);
  const auto of_peer = of_a.remote_candidates;
  of_a.remote_candidates.clear();
  of_b.remote_candidates.clear();
  world.start(a, of_a);
  world.start(b, of_b);
  world.run(5s);
  EXPECT_EQ(a.sent + b.sent, 0u);
  of_a.remote_candidates = of_peer;
  a.agent->configure(of_a, true, world.now);
  EXPECT_TRUE(world.run_until(3s, [&] { return world.reaches(a, b) && world.reaches(b, a); }));
}

TEST(IceTrickle, CandidatesThatNobodyCanSendToAreLeftOut) {
  FullToFull world;
  const std::size_t before = world.a.agent->pairs().size();
  for (const NetAddress& address : {NetAddress{"3f9a.local", 5000}, NetAddress{"2001:db8::1", 5000},
                                    NetAddress{"192.0.2.77", 0}, NetAddress{"", 5000}})
    world.a.agent->add_candidate({"9", 1, 5, address, IceCandidate::Type::host, {}}, world.now);
  world.a.agent->add_candidate({"9", 2, 5, {"192.0.2.77", 5000}, IceCandidate::Type::host, {}}, world.now);
  EXPECT_EQ(world.a.agent->pairs().size(), before);
}

TEST(IceTrickle, PairsAreLimited) {
  FullToFull world;
  for (int i = 0; i < 300; ++i)
    world.a.agent->add_candidate(
        {fmt::format("f{}", i), 1, 5, {fmt::format("192.0.2.{}", i % 250 + 1), 5000}, IceCandidate::Type::host, {}},
        world.now);
  EXPECT_EQ(world.a.agent->pairs().size(), limits::ice_pairs);
  EXPECT_GT(world.a.agent->counts().limited, 0u);
  EXPECT_TRUE(world.connects(20s));
}

TEST(IceChecks, ArePacedRepeatedAndGivenUp) {
  IceWorld world;
  Host &a = world.add("10.0.0.2"), &b = world.add("172.16.0.2");
  world.start(a, world.parameters(a, b, true));
  std::vector<std::int64_t> times;
  const Time began = world.now;
  for (; world.now - began < 45s; world.now += 1ms) {
    a.agent->expire(world.now);
    while (a.agent->poll_transmit())
      times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(world.now - began).count());
    while (const auto event = a.agent->poll_event()) {
      EXPECT_EQ(*event, Event::failed);
      EXPECT_EQ(world.now - began, 39'500ms);
      a.events.push_back(*event);
    }
  }
  EXPECT_EQ(times, (std::vector<std::int64_t>{0, 500, 1500, 3500, 7500, 15'500, 31'500}));
  EXPECT_EQ(a.events.size(), 1u);
}

TEST(IceChecks, OfManyCandidatesGoOutOneByOne) {
  IceWorld world;
  Host &a = world.add("10.0.0.2"), &b = world.add("172.16.0.2");
  IceParameters of_a = world.parameters(a, b, true);
  for (int i = 1; i < 40; ++i)
    of_a.remote_candidates.push_back({fmt::format("f{}", i),
                                      1,
                                      static_cast<std::uint32_t>(i),
                                      {"192.0.2.9", static_cast<std::uint16_t>(5000 + i)},
                                      IceCandidate::Type::host,
                                      {}});
  world.start(a, of_a);
  std::size_t most = 0;
  for (const Time end = world.now + 450ms; world.now < end; world.now += 1ms) {
    std::size_t count = 0;
    a.agent->expire(world.now);
    while (a.agent->poll_transmit())
      ++count;
    most = std::max(most, count);
    a.sent += count;
  }
  EXPECT_EQ(most, 1u);
  EXPECT_EQ(a.sent, 9u);
}

/// The timer says when something is to be done: an agent that is woken only then does the same.
TEST(IceChecks, TheTimerIsEnough) {
  FullToFull world(NatKind::port_restricted, NatKind::port_restricted);
  ASSERT_TRUE(world.connects());
  world.run(2s);
  for (int i = 0; i < 200; ++i) {
    const Time next = world.a.agent->next_timer();
    ASSERT_LT(next, world.now + 31s);
    const auto own = [&] { return world.a.sent - world.a.agent->counts().answered; };
    const std::size_t before = own();
    while (world.now + 10ms < next)
      world.run(10ms);
    EXPECT_EQ(own(), before) << "something was due before its time";
    world.run(30ms);
    EXPECT_LE(world.now, world.a.agent->next_timer() + 10ms);
    world.run(200ms);
  }
}

TEST(IceRestart, KeepsTheOldPathUntilThereIsANewOne) {
  FullToLite world(NatKind::port_restricted);
  ASSERT_TRUE(world.connects());
  world.run(8s);
  const auto old = world.lite.agent->target(1);
  world.full.nat->forget();
  world.renew(world.full);
  world.renew(world.lite);
  IceParameters of_full = world.parameters(world.full, world.lite, false);
  of_full.remote_lite = true;
  IceParameters of_lite = world.parameters(world.lite, world.full, true);
  of_lite.lite = true;
  EXPECT_TRUE(world.lite.agent->settled(world.now));
  world.lite.agent->configure(of_lite, true, world.now);
  EXPECT_EQ(world.lite.agent->target(1), old);
  EXPECT_FALSE(world.lite.agent->settled(world.now));
  world.full.agent->configure(of_full, true, world.now);
  EXPECT_EQ(*world.full.agent->target(1), world.lite.rtp);
  ASSERT_TRUE(world.run_until(3s, [&] { return world.lite.agent->target(1) != old; }));
  EXPECT_TRUE(world.reaches(world.lite, world.full));
  world.run(1s);
  EXPECT_EQ(world.lite.events, (std::vector{Event::selected, Event::selected}));
  EXPECT_EQ(world.full.events, (std::vector{Event::selected, Event::selected}));
}

TEST(IceRestart, BetweenTwoFullAgents) {
  FullToFull world(NatKind::full_cone, NatKind::port_restricted);
  ASSERT_TRUE(world.connects());
  world.renew(world.a);
  world.renew(world.b);
  world.a.agent->configure(world.parameters(world.a, world.b, false), true, world.now);
  world.run(100ms);  // the answer takes its time
  world.b.agent->configure(world.parameters(world.b, world.a, true), true, world.now);
  EXPECT_TRUE(world.reaches(world.a, world.b));
  ASSERT_TRUE(world.run_until(5s, [&] { return world.a.events.size() == 2 && world.b.events.size() == 2; }));
  EXPECT_TRUE(world.b.agent->controlling());
  EXPECT_TRUE(world.reaches(world.a, world.b) && world.reaches(world.b, world.a));
}

TEST(IceConsent, LastsAsLongAsThePeerAnswers) {
  FullToFull world(NatKind::symmetric, NatKind::address_restricted, 5);
  ASSERT_TRUE(world.connects());
  world.loss = 0.2;
  world.run(1s);
  const std::size_t before = world.a.sent;
  std::size_t answers = world.a.agent->counts().answered;
  world.run(10min);
  EXPECT_EQ(world.a.events, std::vector{Event::selected});
  const std::size_t asked = world.a.sent - before - (world.a.agent->counts().answered - answers);
  EXPECT_GT(asked, 600u / 6 - 3);  // every 4 to 6 s
  EXPECT_LT(asked, 600u / 4 + 3);
}

TEST(IceConsent, EndsThirtySecondsAfterTheLastAnswer) {
  for (const bool lite : {false, true}) {
    FullToLite with_lite(NatKind::port_restricted);
    FullToFull with_full(NatKind::port_restricted, NatKind::none);
    IceWorld& world = lite ? static_cast<IceWorld&>(with_lite) : with_full;
    Host& one = lite ? with_lite.lite : with_full.a;
    ASSERT_TRUE(lite ? with_lite.connects() : with_full.connects());
    world.run(20s);
    world.cut = true;
    const Time began = world.now;
    ASSERT_TRUE(world.run_until(40s, [&] { return one.events.back() == Event::consent_lost; }));
    EXPECT_GT(world.now - began, 23s);
    EXPECT_LE(world.now - began, 30s + 100ms);
    EXPECT_FALSE(one.agent->target(1));
    world.run(5s);
    const std::size_t sent = one.sent;
    world.run(60s);
    EXPECT_EQ(one.sent, sent) << "nothing is sent without consent";
    EXPECT_EQ(std::ranges::count(one.events, Event::consent_lost), 1);
  }
}

TEST(IceConsent, ARestartBringsThePathBack) {
  FullToFull world;
  ASSERT_TRUE(world.connects());
  world.cut = true;
  world.run(60s);
  EXPECT_FALSE(world.a.agent->target(1));
  world.cut = false;
  world.run(20s);
  EXPECT_FALSE(world.a.agent->target(1)) << "not without new credentials (RFC 7675 section 5.1)";
  world.renew(world.a);
  world.renew(world.b);
  world.a.agent->configure(world.parameters(world.a, world.b, true), true, world.now);
  world.b.agent->configure(world.parameters(world.b, world.a, false), true, world.now);
  EXPECT_TRUE(world.connects());
}

/// Whatever the network does, media goes only where the peer has proved to be, and never before it did.
TEST(IceProperty, NoTargetWithoutAProof) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    FullToFull world(all_nats[seed % 5], all_nats[seed / 5 % 5], seed);
    world.loss = 0.25;
    world.most_delay = 200ms;
    std::array<bool, 2> proved{};
    for (int step = 0; step < 1500; ++step) {
      world.run(10ms);
      if (step % 400 == 399) world.cut = !world.cut;
      for (Host* host : {&world.a, &world.b}) {
        Host& peer = host == &world.a ? world.b : world.a;
        const auto target = host->agent->target(1);
        if (!target) continue;
        proved[host == &world.a ? 0 : 1] = true;
        const auto was_asked = [&](const auto& heard) {  // an answer with the peer's password came from there
          const auto message = stun::parse(heard.first);
          return message && message->kind == stun::Class::success && heard.second == *target &&
                 stun::integrity_right(*message, as_bytes(peer.password));
        };
        ASSERT_TRUE(std::ranges::any_of(host->heard, was_asked)) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace ringwall::media
