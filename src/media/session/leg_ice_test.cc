// Legs that find each other by connectivity checks.
#include <gtest/gtest.h>

#include "crypto/openssl_clock_for_test.h"
#include "media/ice/simulated_nats.h"
#include "media/session/leg.h"

namespace ringwall::media {
namespace {

constexpr std::string_view passwords[] = {"password-of-the-full-one", "password-of-the-lite-one"};

/// A full leg behind a translator and a lite one at a public address.
class TwoLegs {
 public:
  explicit TwoLegs(NatKind kind = NatKind::symmetric, bool dtls = false) : nat(kind, "203.0.113.5") {
    crypto::test::openssl_time = now;
    for (auto& context : contexts)
      if (dtls) context = crypto::DtlsContext::self_signed(wall_now());
    full = make(1, {"10.0.0.2", 20'000});
    lite = make(2, {"192.0.2.1", 20'000});
  }
  ~TwoLegs() { crypto::test::openssl_time.reset(); }

  void secure_by_dtls(bool full_is_active) {
    for (const bool of_lite : {true, false}) {
      LegParameters with = parameters(of_lite);
      with.security =
          DtlsParameters{.association = 1,
                         .active = of_lite != full_is_active,
                         .remote = {*crypto::fingerprint(contexts[of_lite ? 0 : 1]->certificate(), "sha-256")},
                         .suites = {Suite::aead_aes_256_gcm}};
      (of_lite ? lite : full)->configure(with, now);
    }
  }

  std::unique_ptr<Leg> make(std::uint64_t id, NetAddress local) {
    return std::make_unique<Leg>(LegIdentity{.id = LegId{id},
                                             .local = std::move(local),
                                             .ssrc = static_cast<std::uint32_t>(id),
                                             .seed = static_cast<std::uint32_t>(id),
                                             .cname = "leg",
                                             .random =
                                                 [this](MutableBytes bytes) {
                                                   for (auto& byte : bytes)
                                                     byte = static_cast<std::uint8_t>(numbers());
                                                 },
                                             .dtls = contexts[id - 1]},
                                 now);
  }
  static Secret key(std::uint8_t fill) { return Secret(Buffer(30, fill)); }
  LegParameters parameters(bool of_lite, std::string_view generation = "one1") {
    const std::string full_user = "full" + std::string(generation), lite_user = "lite" + std::string(generation);
    IceParameters ice{.local_ufrag = of_lite ? lite_user : full_user,
                      .local_password = Secret(passwords[of_lite ? 1 : 0]),
                      .remote_ufrag = of_lite ? full_user : lite_user,
                      .remote_password = Secret(passwords[of_lite ? 0 : 1]),
                      .lite = of_lite,
                      .remote_lite = !of_lite};
    if (!of_lite)
      ice.remote_candidates = {{"1", 1, 2'130'706'431, {"192.0.2.1", 20'000}, IceCandidate::Type::host, {}}};
    return {.remote = of_lite ? NetAddress{"0.0.0.0", 9} : NetAddress{"192.0.2.1", 20'000},
            .rtcp_mux = true,
            .codec = Codec::pcmu,
            .security = SrtpKeys{.suite = Suite::aes_cm_128_hmac_sha1_80,
                                 .local = key(of_lite ? 2 : 1),
                                 .remote = key(of_lite ? 1 : 2)},
            .ice = std::move(ice)};
  }
  void configure() {
    lite->configure(parameters(true), now);
    full->configure(parameters(false), now);
  }

  void run(Duration time) {
    for (const Time end = now + time; now < end; now += 20ms) {
      crypto::test::openssl_time = now;
      for (Leg* leg : {full.get(), lite.get()}) {
        leg->tick(now, out);
        drain();
      }
    }
  }
  void drain() {
    std::vector<Outbox::Packet> packets(out.packets().begin(), out.packets().end());
    out.clear_packets();
    for (auto& event : out.events)
      events.push_back(std::move(event));
    out.events.clear();
    for (Outbox::Packet& packet : packets) {
      ASSERT_TRUE(packet.to);
      const bool stun = packet.bytes[0] <= 3;
      (stun ? checks : media)[packet.leg->id().value] += 1;
      if (!cut) pass(packet);
    }
  }
  void pass(Outbox::Packet& packet) {
    const MutableBytes bytes = MutableBytes(packet.bytes).first(packet.size);
    if (packet.leg == full.get()) {
      const PacketAddress from = nat.outward(at("10.0.0.2:20000"), packet.to);
      if (packet.to == at("192.0.2.1:20000")) lite->receive(bytes, false, from, now, out);
    } else {
      if (nat.inward(packet.to, at("192.0.2.1:20000"))) full->receive(bytes, false, at("192.0.2.1:20000"), now, out);
    }
    drain();
  }
  template <class Kind>
  std::size_t count(std::uint64_t leg) const {
    return static_cast<std::size_t>(std::ranges::count_if(events, [&](const Event& event) {
      const Kind* one = std::get_if<Kind>(&event);
      return one != nullptr && one->leg.value == leg;
    }));
  }

  Time now{1h};
  std::mt19937_64 numbers{7};
  Nat nat;
  std::array<std::shared_ptr<const crypto::DtlsContext>, 2> contexts;  // of the full one, of the lite one
  std::unique_ptr<Leg> full, lite;
  Outbox out;
  std::vector<Event> events;
  std::map<std::uint64_t, std::size_t> media, checks;
  bool cut = false;
};

TEST(LegIce, MediaGoesWhereTheChecksLed) {
  TwoLegs world;
  world.configure();
  world.full->start_tone(1000);
  world.lite->start_recording();
  world.run(3s);
  EXPECT_EQ(world.count<PathChosen>(1), 1u);
  EXPECT_EQ(world.count<PathChosen>(2), 1u);
  EXPECT_EQ(world.count<FirstPacket>(2), 1u);
  EXPECT_EQ(world.full->report().remote.text(), "192.0.2.1:20000");
  EXPECT_EQ(world.lite->report().remote.ip, "203.0.113.5");
  EXPECT_GT(world.lite->report().received.packets, 100u);
  EXPECT_GT(world.full->report().received.packets, 100u);
  EXPECT_EQ(world.lite->report().refused, 0u);
  EXPECT_GT(world.lite->take_recording()->size(), 16'000u);
}

TEST(LegIce, NothingLeavesBeforeThereIsAPath) {
  TwoLegs world;
  world.cut = true;
  world.configure();
  world.full->start_tone(1000);
  world.lite->play({});
  world.run(2min);
  EXPECT_EQ(world.media[1], 0u);
  EXPECT_EQ(world.media[2], 0u);
  EXPECT_EQ(world.checks[2], 0u);
  EXPECT_EQ(world.count<PathLost>(1), 1u);
  EXPECT_FALSE(world.full->peer(false));
}

TEST(LegIce, APacketThatAuthenticatesMovesNothing) {
  TwoLegs world;
  world.configure();
  world.run(2s);
  const NetAddress remote = world.lite->report().remote;
  const auto before = world.lite->report();
  SrtpKeys keys{.suite = Suite::aes_cm_128_hmac_sha1_80, .local = TwoLegs::key(1), .remote = TwoLegs::key(2)};
  SrtpSender sender(keys);
  std::array<std::uint8_t, 300> packet{};
  const RtpHeader header{.sequence = 40'000, .timestamp = 5, .ssrc = 1};
  write_rtp_header(packet, header);
  const auto sealed = sender.protect_rtp(packet, rtp_fixed_header + 160, header);
  ASSERT_EQ(sealed.status, SrtpStatus::ok);
  world.lite->receive(MutableBytes(packet).first(sealed.size), false, at("198.51.100.66:6666"), world.now, world.out);
  world.drain();
  EXPECT_EQ(world.lite->report().remote, remote);
  EXPECT_EQ(world.lite->report().received.packets, before.received.packets);
  EXPECT_EQ(world.lite->report().refused, before.refused + 1);
}

TEST(LegIce, TenThousandForgedPacketsReachNobody) {
  TwoLegs world;
  world.configure();
  world.run(7s);
  const auto before = world.lite->report();
  const auto sent = world.media[2] + world.checks[2];
  for (int i = 0; i < 10'000; ++i) {
    Buffer bytes(100 + world.numbers() % 100);
    for (auto& byte : bytes)
      byte = static_cast<std::uint8_t>(world.numbers());
    stun::TransactionId number;
    std::ranges::copy(Bytes(bytes).first(number.size()), number.begin());
    if (i % 2 == 0) {
      stun::Writer forged(stun::Class::request, number);
      forged.text(stun::Attribute::username, "liteone1:fullone1");
      forged.u32(stun::Attribute::priority, 0x7fff'ffff);
      forged.flag(stun::Attribute::use_candidate);
      forged.integrity(as_bytes("not-the-password-of-lite"));
      forged.fingerprint();
      bytes = to_buffer(forged.bytes());
    }
    const PacketAddress from = at(fmt::format("198.51.100.{}:{}", i % 250 + 1, 1024 + i));
    world.lite->receive(bytes, i % 3 == 0, from, world.now, world.out);
    ASSERT_TRUE(world.out.packets().empty());
    ASSERT_TRUE(world.out.events.empty());
  }
  const auto after = world.lite->report();
  EXPECT_EQ(after.remote, before.remote);
  EXPECT_EQ(after.received.packets, before.received.packets);
  EXPECT_EQ(after.refused + after.authentication_failures - before.refused - before.authentication_failures, 10'000u);
  EXPECT_EQ(world.media[2] + world.checks[2], sent);
  world.run(2s);
  EXPECT_GT(world.lite->report().received.packets, before.received.packets + 90);
}

TEST(LegIce, WithoutConsentNothingIsSent) {
  TwoLegs world(NatKind::port_restricted);
  world.configure();
  world.run(10s);
  world.cut = true;
  world.run(31s);
  EXPECT_EQ(world.count<PathLost>(1), 1u);
  EXPECT_EQ(world.count<PathLost>(2), 1u);
  const auto media = world.media, checks = world.checks;
  world.run(1min);
  EXPECT_EQ(world.media, media);
  EXPECT_EQ(world.checks, checks);
  EXPECT_TRUE(world.full->report().remote.ip.empty());
}

TEST(LegIce, TheSocketStaysOpenUntilThePathIsSettled) {
  TwoLegs world;
  world.configure();
  world.run(3s);
  EXPECT_EQ(world.count<PathChosen>(2), 1u);
  EXPECT_FALSE(world.lite->peer(false)) << "checks from elsewhere may still come";
  world.run(4s);
  ASSERT_TRUE(world.lite->peer(false));
  EXPECT_EQ(to_net_address(*world.lite->peer(false)), world.lite->report().remote);
  world.lite->configure(world.parameters(true, "two2"), world.now);  // a restart
  EXPECT_FALSE(world.lite->peer(false));
}

TEST(LegIce, ARestartDoesNotInterruptTheAudio) {
  TwoLegs world;
  world.configure();
  world.run(8s);
  world.nat.forget();
  const auto before = world.full->report().received.packets;
  world.lite->configure(world.parameters(true, "two2"), world.now);
  world.full->configure(world.parameters(false, "two2"), world.now);
  world.run(2s);
  EXPECT_EQ(world.count<PathChosen>(1), 2u);
  EXPECT_EQ(world.count<PathChosen>(2), 2u);
  EXPECT_GT(world.full->report().received.packets, before + 80);
}

/// Keys by DTLS: the handshake takes the path that the checks found, and waits for it.
TEST(LegIce, DtlsTakesThePathToo) {
  for (const bool full_is_active : {true, false}) {
    TwoLegs world(NatKind::symmetric, true);
    world.secure_by_dtls(full_is_active);
    world.full->start_tone(1000);
    world.cut = true;
    world.run(2s);
    EXPECT_EQ(world.media[1] + world.media[2], 0u) << "no handshake before there is a path";
    world.cut = false;
    world.run(5s);
    EXPECT_EQ(world.count<DtlsDone>(1), 1u);
    EXPECT_EQ(world.count<DtlsDone>(2), 1u);
    EXPECT_GT(world.lite->report().received.packets, 100u);
    EXPECT_GT(world.full->report().received.packets, 100u);
    EXPECT_EQ(world.lite->report().remote.ip, "203.0.113.5");
  }
}

TEST(LegIce, ALegWithoutItAnswersNoChecks) {
  TwoLegs world;
  LegParameters plain = world.parameters(true);
  plain.ice.reset();
  plain.remote = {"203.0.113.9", 5000};
  world.lite->configure(plain, world.now);
  world.full->configure(world.parameters(false), world.now);
  world.run(1s);
  EXPECT_EQ(world.checks[2], 0u);
  EXPECT_GT(world.media[2], 0u);
  EXPECT_GT(world.lite->report().refused, 0u);
}

}  // namespace
}  // namespace ringwall::media
