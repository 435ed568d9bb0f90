// Legs whose two sides do not speak the same codec, digits in the audio, comfort noise, prompts in every codec.
#include <gtest/gtest.h>

#include <random>

#include "media/codec/comfort_noise.h"
#include "media/codec/sound_for_test.h"
#include "media/session/leg_world_for_test.h"

namespace ringwall::media::test {
namespace {

constexpr std::uint8_t dynamic_type = 111;

LegParameters speaking(Codec codec, int peer, Suite suite, std::uint8_t local, std::uint8_t remote) {
  LegParameters out = World::parameters(peer, suite, key_for(suite, local), key_for(suite, remote), codec);
  out.payload_type = codec == Codec::g722 ? 9 : is_g711(codec) ? out.payload_type : dynamic_type;
  out.dtmf_payload_type = 101;
  out.dtmf_clock_rate = codec == Codec::opus ? 48'000 : 8'000;
  return out;
}

/// 1 -- (2 relay 3) -- 4: `left` between 1 and 2, `right` between 3 and 4.
struct Bridge : World {
  Bridge(Codec left, Codec right) {
    for (const int host : {1, 2, 3, 4})
      add(host);
    connect(1, 2, left, 1);
    connect(3, 4, right, 2);
    Leg::relay(at(2), at(3));
  }
  void connect(int a, int b, Codec codec, std::uint8_t salt) {
    constexpr Suite suite = Suite::aead_aes_128_gcm;
    at(a).configure(speaking(codec, b, suite, salt, static_cast<std::uint8_t>(salt + 100)), now);
    at(b).configure(speaking(codec, a, suite, static_cast<std::uint8_t>(salt + 100), salt), now);
  }
  /// What `host` hears for a while.
  std::vector<std::int16_t> heard_at(int host, std::chrono::milliseconds time) {
    at(host).start_recording();
    run(time);
    return *at(host).take_recording();
  }
  [[nodiscard]] std::size_t sent_by(int host) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(wire, [host](const Sent& sent) { return sent.from == host && !sent.rtcp; }));
  }
};

constexpr std::array every_codec{Codec::pcmu, Codec::pcma, Codec::g722, Codec::opus, Codec::l16};

TEST(Converting, EveryCodecReachesEveryOther) {
  for (const Codec left : every_codec)
    for (const Codec right : every_codec) {
      Bridge bridge(left, right);
      bridge.at(1).start_tone(440);
      bridge.at(4).start_tone(900);
      bridge.run(500ms);
      bridge.at(1).start_recording();
      const auto at_4 = bridge.heard_at(4, 2s);
      const auto at_1 = *bridge.at(1).take_recording();
      EXPECT_GE(tone_ms(at_4, 440), 1'700u) << print(left) << " to " << print(right);
      EXPECT_GE(tone_ms(at_1, 900), 1'700u) << print(right) << " to " << print(left);
      for (const int host : {1, 2, 3, 4}) {
        EXPECT_EQ(bridge.at(host).report().lost, 0u);
        EXPECT_EQ(bridge.at(host).report().refused, 0u);
      }
    }
}

TEST(Converting, EqualCodecsPassPayloadsUntouched) {
  for (const Codec codec : every_codec) {
    Bridge bridge(codec, codec);
    bridge.at(1).start_tone(440);
    bridge.run(500ms);
    EXPECT_EQ(bridge.at(4).report().received.bytes, bridge.at(1).report().sent.bytes) << print(codec);
    EXPECT_EQ(bridge.at(2).report().received.packets, bridge.at(3).report().sent.packets) << print(codec);
  }
}

TEST(Converting, TheStreamHasEvenNumbersAndTimestampsOfItsOwnClock) {
  for (const Codec right : {Codec::g722, Codec::opus, Codec::l16}) {
    Bridge bridge(Codec::pcmu, right);
    bridge.at(1).start_tone(440);
    bridge.run(300ms);
    bridge.at(3).play({{tone_clip(1'000, 4'000)}, false});  // and back: one stream for all
    bridge.run(1'200ms);
    // What 3 sends is under SRTP, but its header is readable.
    std::optional<RtpHeader> last;
    for (const auto& sent : bridge.wire) {
      if (sent.from != 3 || sent.rtcp) continue;
      const RtpHeader header = *parse_rtp_header(sent.bytes);
      if (last) {
        EXPECT_EQ(header.sequence, static_cast<std::uint16_t>(last->sequence + 1));
        EXPECT_EQ(header.timestamp - last->timestamp, facts(right).frame_clock());
        EXPECT_EQ(header.ssrc, last->ssrc);
      }
      last = header;
    }
    EXPECT_GE(bridge.sent_by(3), 65u);
  }
}

TEST(Converting, ATelephoneEventKeepsItsDigitAndLength) {
  for (const auto& [left, right] : {std::pair{Codec::pcmu, Codec::opus}, std::pair{Codec::opus, Codec::g722},
                                    std::pair{Codec::opus, Codec::opus}}) {
    Bridge bridge(left, right);
    bridge.at(1).start_tone(440);
    bridge.run(400ms);
    ASSERT_TRUE(bridge.at(1).send_digits("5#"));
    bridge.run(1s);
    std::string at_4;
    for (const Digit& digit : of_kind<Digit>(bridge.events)) {
      if (digit.leg != bridge.at(4).id()) continue;
      at_4 += digit.digit;
      EXPECT_EQ(digit.duration_ms, 100u);
    }
    EXPECT_EQ(at_4, "5#") << print(left) << " to " << print(right);
    EXPECT_EQ(bridge.at(4).report().lost, 0u);
  }
}

TEST(Converting, NothingComesFromAPeerThatSendsNothing) {
  Bridge bridge(Codec::pcmu, Codec::g722);
  bridge.deliver = false;
  bridge.run(1s);
  EXPECT_EQ(bridge.sent_by(3), 0u);
  EXPECT_EQ(bridge.sent_by(2), 0u);
}

TEST(Converting, AReInviteMayChangeTheCodecBothWays) {
  Bridge bridge(Codec::pcmu, Codec::pcmu);
  bridge.at(1).start_tone(440);
  bridge.run(500ms);
  for (const Codec codec : {Codec::opus, Codec::g722, Codec::pcmu}) {
    bridge.connect(3, 4, codec, 2);
    bridge.run(500ms);
    EXPECT_GE(tone_ms(bridge.heard_at(4, 1s), 440), 800u) << print(codec);
    EXPECT_EQ(bridge.at(4).report().codec, codec);
  }
  EXPECT_EQ(bridge.at(4).report().authentication_failures, 0u);
}

TEST(Converting, APathThatLosesATenthStillCarriesATone) {
  for (const Codec right : {Codec::pcmu, Codec::g722}) {
    Bridge bridge(right == Codec::pcmu ? Codec::g722 : Codec::pcmu, right);
    std::mt19937 random(4);
    bridge.loses = [&](const World::Sent& sent) { return sent.from == 1 && random() % 10 == 0; };
    bridge.at(1).start_tone(440);
    bridge.run(500ms);
    const auto heard = bridge.heard_at(4, 10s);
    std::size_t good = 0;
    for (std::size_t at = 0; at + 400 <= heard.size(); at += 400)
      good += tone_ratio(std::span(heard).subspan(at, 400), 440) >= 0.8;
    EXPECT_GE(good, heard.size() / 400 * 8 / 10);
  }
}

TEST(Prompts, AreHeardInEveryCodecEncodedBeforeOrNot) {
  for (const Codec codec : every_codec)
    for (const bool encoded : {false, true}) {
      Bridge bridge(codec, codec);
      const Clip clip = tone_clip(700, 8'000);
      if (encoded) clip.encode(codec);
      bridge.run(100ms);
      bridge.at(2).unrelay();
      bridge.at(2).play({{clip}, false});
      const auto heard = bridge.heard_at(1, 1'500ms);
      EXPECT_GE(tone_ms(heard, 700), 900u) << print(codec) << encoded;
      EXPECT_EQ(of_kind<PlayFinished>(bridge.events).size(), 1u);
    }
}

TEST(Inband, TonesAreDigitsForSignallingAndForThePartner) {
  for (const Codec codec : {Codec::pcma, Codec::g722}) {
    Bridge bridge(codec, Codec::pcmu);
    LegParameters carrier = World::clear(1);
    carrier.codec = codec;
    carrier.payload_type = codec == Codec::g722 ? 9 : 8;
    carrier.dtmf_payload_type.reset();
    carrier.detect_inband_digits = true;
    bridge.at(2).configure(carrier, bridge.now);
    LegParameters caller = carrier;
    caller.remote = address(2);
    caller.detect_inband_digits = false;
    bridge.at(1).configure(caller, bridge.now);
    std::vector<std::int16_t> keyed(4'000);  // "7": 852 and 1209 Hz for 100 ms
    const auto low = sine(852, 8'000, 800, 4'000), high = sine(1'209, 8'000, 800, 4'000);
    for (std::size_t i = 0; i < low.size(); ++i)
      keyed.push_back(static_cast<std::int16_t>(low[i] + high[i]));
    keyed.resize(keyed.size() + 4'000);
    bridge.at(1).play({{std::make_shared<std::vector<std::int16_t>>(keyed)}, false});
    bridge.run(2s);
    std::map<std::uint64_t, std::string> by_leg;
    for (const Digit& digit : of_kind<Digit>(bridge.events))
      by_leg[digit.leg.value] += digit.digit;
    EXPECT_EQ(by_leg[2], "7") << print(codec);
    EXPECT_EQ(by_leg[4], "7") << print(codec);  // as a telephone event
    EXPECT_EQ(by_leg.size(), 2u);
  }
}

TEST(Inband, OffUnlessAskedFor) {
  Bridge bridge(Codec::pcma, Codec::pcmu);
  bridge.at(1).play({{tone_clip(852, 8'000)}, true});
  bridge.run(1s);
  EXPECT_TRUE(of_kind<Digit>(bridge.events).empty());
}

/// Both sides of a bridge agree on comfort noise, or the left one alone.
void agree_on_noise(Bridge& bridge, bool right_too) {
  constexpr Suite suite = Suite::aead_aes_128_gcm;
  const auto configure = [&](int host, int peer, std::uint8_t local, std::uint8_t remote) {
    LegParameters parameters = speaking(Codec::pcmu, peer, suite, local, remote);
    parameters.comfort_noise_payload_type = comfort_noise_payload;
    bridge.at(host).configure(parameters, bridge.now);
  };
  configure(1, 2, 1, 101);
  configure(2, 1, 101, 1);
  if (!right_too) return;
  configure(3, 4, 2, 102);
  configure(4, 3, 102, 2);
}

TEST(ComfortNoiseOfLegs, StandsInForSilenceAndIsPassedOn) {
  Bridge bridge(Codec::pcmu, Codec::pcmu);
  agree_on_noise(bridge, true);
  bridge.run(2s);
  EXPECT_GE(bridge.sent_by(1), 4u);  // twice a second
  EXPECT_LE(bridge.sent_by(1), 6u);
  EXPECT_EQ(bridge.sent_by(3), bridge.sent_by(1));
  EXPECT_EQ(bridge.at(4).report().refused, 0u);
  bridge.at(1).start_tone(440);
  EXPECT_GE(tone_ms(bridge.heard_at(4, 1s), 440), 900u);
}

TEST(ComfortNoiseOfLegs, IsMadeAudibleForAPeerWithoutIt) {
  Bridge bridge(Codec::pcmu, Codec::pcmu);
  agree_on_noise(bridge, false);
  bridge.run(1s);
  const auto heard = bridge.heard_at(4, 1s);
  EXPECT_NEAR(measure_noise(std::span(heard).subspan(1'600)).level, 65, 3);
  bridge.at(1).start_tone(440);
  bridge.run(200ms);
  EXPECT_GE(tone_ms(bridge.heard_at(4, 1s), 440), 800u);
}

}  // namespace
}  // namespace ringwall::media::test
