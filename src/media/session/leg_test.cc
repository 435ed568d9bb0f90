#include "media/session/leg.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/codec/g711.h"
#include "media/session/authentication.h"
#include "media/session/leg_world_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;

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
