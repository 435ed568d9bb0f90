#include "media/session/leg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "media/codec/g711.h"
#include "media/session/authentication.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;

Secret key_for(Suite suite, std::uint8_t salt) {
  Buffer key(lengths(suite).key_and_salt());
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i * 31 + salt);
  return Secret(std::move(key));
}

NetAddress address(int host, std::uint16_t port = 20'000) {
  return {fmt::format("127.0.0.{}", host), port};
}
PacketAddress packet_address(int host, std::uint16_t port = 20'000) {
  return *to_packet_address(address(host, port));
}

/// Legs by their address, and a network between them without loss or delay.
class World {
 public:
  Leg& add(int host) {
    legs_[host] = std::make_unique<Leg>(LegIdentity{.id = LegId{static_cast<std::uint64_t>(host)},
                                                    .local = address(host),
                                                    .ssrc = 0x1000u + static_cast<std::uint32_t>(host),
                                                    .sequence = 0x7ff0,
                                                    .timestamp = 0xffff'ff00,
                                                    .seed = static_cast<std::uint32_t>(host),
                                                    .cname = "leg"},
                                        now);
    return *legs_[host];
  }

  /// Keys for the pair a-b; `salt` tells generations apart.
  void connect(int a, int b, Suite suite, std::uint8_t salt = 1, Codec codec = Codec::pcmu, bool digits = true) {
    legs_[a]->configure(parameters(b, suite, key_for(suite, salt), key_for(suite, salt + 100), codec, digits), now);
    legs_[b]->configure(parameters(a, suite, key_for(suite, salt + 100), key_for(suite, salt), codec, digits), now);
  }
  static LegParameters parameters(int peer, Suite suite, Secret local, Secret remote, Codec codec = Codec::pcmu,
                                  bool digits = true) {
    return {
        .remote = address(peer),
        .codec = codec,
        .payload_type = static_cast<std::uint8_t>(codec == Codec::pcmu ? 0 : 8),
        .dtmf_payload_type = digits ? std::optional<std::uint8_t>(static_cast<std::uint8_t>(100 + peer)) : std::nullopt,
        .security = SrtpKeys{suite, std::move(local), std::move(remote)}};
  }
  static LegParameters clear(int peer) {
    return {.remote = address(peer),
            .codec = Codec::pcmu,
            .payload_type = 0,
            .dtmf_payload_type = 101,
            .security = std::string("pstn")};
  }

  void run(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 20ms, now += 20ms)
      for (auto& [host, leg] : legs_) {
        leg->tick(now, out);
        drain();
      }
  }
  void inject(int to, Buffer bytes, PacketAddress from, bool rtcp = false) {
    legs_[to]->receive(bytes, rtcp, from, now, out);
    drain();
  }

  struct Sent {
    int from;
    bool rtcp;
    PacketAddress to;
    Buffer bytes;
  };

  Time now = Time{} + 100'000s;
  Outbox out;
  std::vector<Event> events;
  std::vector<Sent> wire;
  bool deliver = true;

 private:
  void drain() {
    std::deque<Sent> waiting;
    const auto collect = [&] {
      for (const Outbox::Packet& packet : out.packets())
        waiting.push_back(
            {static_cast<int>(packet.leg->id().value), packet.rtcp, packet.to,
             Buffer(packet.bytes.begin(), packet.bytes.begin() + static_cast<std::ptrdiff_t>(packet.size))});
      out.clear_packets();
      events.insert(events.end(), out.events.begin(), out.events.end());
      out.events.clear();
    };
    for (collect(); !waiting.empty(); collect()) {
      Sent packet = std::move(waiting.front());
      waiting.pop_front();
      wire.push_back(packet);
      const int host = packet.to.ip[3];
      if (!deliver || !legs_.contains(host)) continue;
      legs_[host]->receive(packet.bytes, packet.rtcp, packet_address(packet.from, packet.rtcp ? 20'001 : 20'000), now,
                           out);
    }
  }

  std::map<int, std::unique_ptr<Leg>> legs_;
};

template <class T>
std::vector<T> of_kind(const std::vector<Event>& events) {
  std::vector<T> out;
  for (const Event& event : events)
    if (const T* found = std::get_if<T>(&event)) out.push_back(*found);
  return out;
}

Pcm tone_clip(double hz, std::size_t samples) {
  std::vector<std::int16_t> clip(samples);
  ToneGenerator(hz).fill(clip);
  return std::make_shared<const std::vector<std::int16_t>>(std::move(clip));
}

TEST(Leg, SaysAndHearsNothingBeforeParameters) {
  World world;
  Leg& leg = world.add(1);
  leg.play({{tone_clip(440, 8000)}, true});
  world.run(10s);
  world.inject(1, Buffer(172, 0x80), packet_address(2));
  leg.say_goodbye(world.now, world.out);
  EXPECT_TRUE(world.out.packets().empty());
  EXPECT_TRUE(world.wire.empty());
  EXPECT_EQ(leg.report().refused, 1u);
  EXPECT_EQ(leg.report().received.packets, 0u);
}

TEST(Leg, APromptIsHeardAtTheOtherEnd) {
  World world;
  Leg &player = world.add(1), &listener = world.add(2);
  world.connect(1, 2, Suite::aead_aes_256_gcm);
  player.play({{tone_clip(700, 8000), tone_clip(1200, 8000)}, false});
  listener.start_recording();
  world.run(3s);
  const Pcm heard = listener.take_recording();
  ASSERT_GE(heard->size(), 20'000u);
  EXPECT_GT(tone_ratio(std::span(*heard).subspan(400, 4000), 700), 0.95);
  EXPECT_GT(tone_ratio(std::span(*heard).subspan(8400, 4000), 1200), 0.95);
  EXPECT_EQ(tone_ms(std::span(*heard).subspan(16'200), 1200), 0u);
  EXPECT_EQ(of_kind<PlayFinished>(world.events).size(), 1u);
  const LegReport report = listener.report();
  EXPECT_EQ(report.received.packets, 150u);
  EXPECT_EQ(report.received.bytes, 150u * 160);
  EXPECT_EQ(report.lost, 0u);
  EXPECT_EQ(report.authentication_failures + report.replayed + report.refused, 0u);
  EXPECT_EQ(report.suite, "AEAD_AES_256_GCM");
  EXPECT_EQ(of_kind<FirstPacket>(world.events).size(), 2u);
}

TEST(Leg, DigitsArrive) {
  World world;
  Leg& sender = world.add(1);
  world.add(2);
  world.connect(1, 2, Suite::aes_cm_128_hmac_sha1_32);
  // Each side receives events under the number it was given for sending here, so the numbers must agree.
  auto parameters = World::parameters(2, Suite::aes_cm_128_hmac_sha1_32, key_for(Suite::aes_cm_128_hmac_sha1_32, 1),
                                      key_for(Suite::aes_cm_128_hmac_sha1_32, 101));
  parameters.dtmf_payload_type = 101;
  sender.configure(parameters, world.now);
  ASSERT_TRUE(sender.send_digits("1#"));
  world.run(1s);
  const auto digits = of_kind<Digit>(world.events);
  ASSERT_EQ(digits.size(), 2u);
  EXPECT_EQ(digits[0].digit, '1');
  EXPECT_EQ(digits[0].duration_ms, 100u);
  EXPECT_EQ(digits[1].digit, '#');
}

TEST(Leg, ReportsMeasureTheRoundTrip) {
  World world;
  world.add(1);
  Leg& leg = world.add(2);
  world.connect(1, 2, Suite::aead_aes_128_gcm);
  world.run(30s);
  EXPECT_EQ(leg.report().lost, 0u);
  EXPECT_LT(leg.report().round_trip_ms, 0.5);
  const auto reports = std::ranges::count_if(world.wire, [](const auto& sent) { return sent.rtcp; });
  EXPECT_GE(reports, 8);
  EXPECT_LE(reports, 24);
  EXPECT_EQ(leg.report().refused, 0u);
}

TEST(Leg, TheGoodbyeOfAReplacedPeerIsNoForgery) {
  World world;
  Leg& leg = world.add(1);
  Leg& before = world.add(2);
  const Suite gcm = Suite::aead_aes_256_gcm, counter = Suite::aes_cm_128_hmac_sha1_80;
  LegParameters to_before = World::parameters(2, gcm, key_for(gcm, 1), key_for(gcm, 2));
  LegParameters to_leg = World::parameters(1, gcm, key_for(gcm, 2), key_for(gcm, 1));
  to_before.rtcp_mux = to_leg.rtcp_mux = true;
  leg.configure(std::move(to_before), world.now);
  before.configure(std::move(to_leg), world.now);
  world.run(1s);
  leg.configure(World::parameters(3, counter, key_for(counter, 3), key_for(counter, 4)), world.now);
  before.say_goodbye(world.now, world.out);
  world.run(20ms);
  EXPECT_EQ(leg.report().authentication_failures, 0u);
  EXPECT_EQ(leg.report().refused, 0u);
}

TEST(Leg, TelephoneEventsWithANumberOfRtcpStayEvents) {
  World world;
  Leg& leg = world.add(1);
  Leg& peer = world.add(2);
  const Suite suite = Suite::aead_aes_128_gcm;
  for (const int host : {1, 2}) {
    LegParameters parameters = World::parameters(3 - host, suite, key_for(suite, static_cast<std::uint8_t>(host)),
                                                 key_for(suite, static_cast<std::uint8_t>(3 - host)));
    parameters.dtmf_payload_type = 72;
    (host == 1 ? leg : peer).configure(std::move(parameters), world.now);
  }
  ASSERT_TRUE(peer.send_digits("7").has_value());
  world.run(1s);
  const auto digits = of_kind<Digit>(world.events);
  ASSERT_EQ(digits.size(), 1u);
  EXPECT_EQ(digits[0].digit, '7');
  EXPECT_EQ(leg.report().refused, 0u);
}

/// 1 -- (2 relay 3) -- 4
struct Relay : World {
  explicit Relay(Suite left, Suite right, Codec left_codec = Codec::pcmu, Codec right_codec = Codec::pcmu) {
    for (const int host : {1, 2, 3, 4})
      add(host);
    connect(1, 2, left, 1, left_codec);
    connect(3, 4, right, 2, right_codec);
    Leg::relay(leg(2), leg(3));
  }
  Leg& leg(int host) { return *by_host.at(host); }
  Leg& add(int host) {
    Leg& made = World::add(host);
    by_host[host] = &made;
    return made;
  }
  std::map<int, Leg*> by_host;
};

TEST(Relay, ReencryptsTranscodesAndKeepsOneStream) {
  for (const Codec right : {Codec::pcmu, Codec::pcma}) {
    Relay world(Suite::aes_cm_128_hmac_sha1_80, Suite::aead_aes_256_gcm, Codec::pcmu, right);
    world.leg(1).start_tone(440);
    world.leg(4).start_tone(900);
    world.leg(1).start_recording();
    world.leg(4).start_recording();
    world.run(2s);
    const Pcm at_4 = world.leg(4).take_recording(), at_1 = world.leg(1).take_recording();
    EXPECT_GE(tone_ms(*at_4, 440, 0.95), 1800u);
    EXPECT_GE(tone_ms(*at_1, 900, 0.95), 1800u);
    for (const int host : {1, 2, 3, 4}) {
      EXPECT_EQ(world.leg(host).report().lost, 0u) << host;
      EXPECT_EQ(world.leg(host).report().authentication_failures, 0u) << host;
    }
  }
}

TEST(Relay, SequenceAndTimestampGoOnAcrossSources) {
  Relay world(Suite::aead_aes_128_gcm, Suite::aead_aes_256_gcm);
  world.leg(1).start_tone(440);
  world.run(1s);
  world.leg(3).play({{tone_clip(1000, 4000)}, false});
  world.run(1s);
  world.leg(2).unrelay();
  world.run(1s);
  Leg::relay(world.leg(2), world.leg(3));
  world.run(1s);
  std::optional<RtpHeader> last;
  std::size_t packets = 0;
  for (const auto& sent : world.wire) {
    if (sent.from != 3 || sent.rtcp) continue;
    const RtpHeader header = *parse_rtp_header(sent.bytes);
    EXPECT_EQ(header.ssrc, 0x1003u);
    if (last) {
      EXPECT_EQ(header.sequence, static_cast<std::uint16_t>(last->sequence + 1));
      EXPECT_GE(header.timestamp - last->timestamp, 160u);
      EXPECT_LE(header.timestamp - last->timestamp, 480u);
    }
    last = header;
    ++packets;
  }
  EXPECT_GE(packets, 198u);
  EXPECT_EQ(world.leg(4).report().lost, 0u);
}

TEST(Relay, LossPassesThroughAndDigitsAreMapped) {
  Relay world(Suite::aead_aes_128_gcm, Suite::aead_aes_256_gcm);
  ASSERT_TRUE(world.leg(2).send_digits("5"));
  world.run(400ms);  // 2's own digits go to 1 while audio of 4 is held back, without a gap
  EXPECT_EQ(world.leg(1).report().lost, 0u);
  world.deliver = false;
  world.run(60ms);
  world.deliver = true;
  world.run(400ms);
  EXPECT_EQ(world.leg(2).report().lost, 3u);
  EXPECT_EQ(world.leg(4).report().lost, 3u);
}

Buffer captured_from(const World& world, int host, std::size_t skip) {
  for (const auto& sent : world.wire)
    if (sent.from == host && !sent.rtcp && skip-- == 0) return sent.bytes;
  return {};
}

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

TEST(Hold, NothingIsSentOrPassedOn) {
  World world;
  Leg &a = world.add(1), &b = world.add(2);
  world.connect(1, 2, Suite::aead_aes_128_gcm);
  world.run(100ms);
  auto held = World::parameters(1, Suite::aead_aes_128_gcm, key_for(Suite::aead_aes_128_gcm, 101),
                                key_for(Suite::aead_aes_128_gcm, 1));
  held.send = held.receive = false;
  b.configure(held, world.now);
  b.start_recording();
  const auto sent = b.report().sent.packets, heard = a.report().received.packets;
  world.run(1s);
  EXPECT_EQ(b.report().sent.packets, sent);
  EXPECT_EQ(a.report().received.packets, heard);
  EXPECT_EQ(b.take_recording()->size(), 0u);
  EXPECT_EQ(b.report().lost, 0u);
}

TEST(Authentication, CountsWhatTheKeysProve) {
  World world;
  world.add(1);
  world.add(2);
  constexpr Suite suite = Suite::aead_aes_256_gcm;
  world.connect(1, 2, suite, 1);
  world.run(8s);
  world.connect(1, 2, Suite::aes_cm_128_hmac_sha1_32, 3);
  world.run(2s);
  std::vector<CapturedPacket> packets;
  for (const auto& sent : world.wire)
    packets.push_back({sent.from == 1, sent.bytes});
  const std::size_t real = packets.size();
  packets.push_back({true, packets[3].bytes});
  packets.push_back({true, Buffer(172, 0x80)});
  packets.push_back({false, Buffer(3, 0x80)});
  const std::vector<SrtpKeys> keys_of_2{{suite, key_for(suite, 101), key_for(suite, 1)},
                                        {Suite::aes_cm_128_hmac_sha1_32, key_for(Suite::aes_cm_128_hmac_sha1_32, 103),
                                         key_for(Suite::aes_cm_128_hmac_sha1_32, 3)}};
  const AuthenticationReport report = authenticate(keys_of_2, packets);
  EXPECT_EQ(report.from_peer.packets + report.to_peer.packets, real + 3);
  EXPECT_EQ(report.from_peer.authenticated + report.to_peer.authenticated, real);
  const std::vector<SrtpKeys> wrong{{suite, key_for(suite, 9), key_for(suite, 8)}};
  EXPECT_EQ(authenticate(wrong, packets).from_peer.authenticated, 0u);
}

TEST(Security, RefusesWrongKeysAndUnnamedWaivers) {
  auto parameters = World::parameters(1, Suite::aead_aes_256_gcm, key_for(Suite::aead_aes_256_gcm, 1),
                                      key_for(Suite::aead_aes_128_gcm, 1));
  EXPECT_FALSE(LegSecurity::check(parameters));
  EXPECT_EQ(LegSecurity::check(parameters).error().text().find(std::string(31, ' ')), std::string::npos);
  parameters.security = std::string();
  EXPECT_FALSE(LegSecurity::check(parameters));
  EXPECT_TRUE(LegSecurity::check(World::clear(1)));
}

}  // namespace
}  // namespace ringwall::media
