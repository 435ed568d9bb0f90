#include "media/codec/codec.h"

#include <gtest/gtest.h>

#include <random>

#include "media/codec/decoder.h"
#include "media/codec/encoder.h"
#include "media/codec/frame_encoder.h"
#include "media/codec/resampler.h"
#include "media/codec/sound_for_test.h"

namespace ringwall::media {
namespace {

std::vector<Buffer> encode_all(Encoder& encoder, std::span<const std::int16_t> samples) {
  std::vector<Buffer> out;
  const std::size_t frame = facts(encoder.codec()).frame_samples();
  for (; samples.size() >= frame; samples = samples.subspan(frame)) {
    Buffer payload(facts(encoder.codec()).most_payload_bytes);
    payload.resize(encoder.encode(samples.first(frame), payload));
    out.push_back(std::move(payload));
  }
  return out;
}

std::vector<std::int16_t> decode_all(Decoder& decoder, const std::vector<Buffer>& payloads) {
  std::vector<std::int16_t> out, room(longest_packet_samples);
  for (const Buffer& payload : payloads) {
    const std::size_t samples = decoder.decode(payload, room);
    out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(samples));
  }
  return out;
}

TEST(Codecs, AreKnownByName) {
  for (const Codec codec : {Codec::pcmu, Codec::pcma, Codec::g722, Codec::opus, Codec::l16})
    EXPECT_EQ(parse_codec(print(codec)), codec);
  EXPECT_EQ(parse_codec("OPUS"), Codec::opus);
  EXPECT_EQ(parse_codec("G729"), std::nullopt);
  EXPECT_EQ(facts(Codec::g722).frame_clock(), 160u);  // RFC 3551 section 4.5.2
  EXPECT_EQ(facts(Codec::opus).frame_clock(), 960u);
}

struct Quality {
  Codec codec;
  double sine_db, voice_db;  // what is lost at most
};
class RoundTrip : public ::testing::TestWithParam<Quality> {};
INSTANTIATE_TEST_SUITE_P(Codecs, RoundTrip,
                         ::testing::Values(Quality{Codec::pcmu, 33, 30}, Quality{Codec::pcma, 33, 30},
                                           Quality{Codec::g722, 30, 18}, Quality{Codec::opus, 25, 8},
                                           Quality{Codec::l16, 80, 70}),
                         [](const auto& test) { return std::string(print(test.param.codec)); });

TEST_P(RoundTrip, KeepsASineAndAVoice) {
  const CodecFacts& codec = facts(GetParam().codec);
  const std::size_t second = codec.sample_rate, delay = codec.sample_rate / 50;
  for (const bool sung : {true, false}) {
    const auto sound = sung ? sine(1004, codec.sample_rate, 2 * second) : voice(codec.sample_rate, 2 * second);
    Encoder encoder(GetParam().codec, {});
    Decoder decoder(GetParam().codec);
    const auto back = decode_all(decoder, encode_all(encoder, sound));
    ASSERT_EQ(back.size(), sound.size());
    EXPECT_GE(likeness_db(std::span(sound).subspan(second / 2), std::span(back).subspan(second / 2), delay),
              sung ? GetParam().sine_db : GetParam().voice_db);
    if (sung) EXPECT_GE(tone_ms(back, 1004, 0.95, codec.sample_rate), 1'800u);
  }
}

TEST_P(RoundTrip, OneLostFrameIsHidden) {
  const CodecFacts& codec = facts(GetParam().codec);
  const auto sound = sine(400, codec.sample_rate, codec.sample_rate);
  Encoder encoder(GetParam().codec, {});
  Decoder decoder(GetParam().codec);
  const auto payloads = encode_all(encoder, sound);
  std::vector<std::int16_t> heard, room(longest_packet_samples);
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    std::size_t samples = codec.frame_samples();
    if (i % 10 == 5)
      decoder.conceal({}, std::span(room).first(samples));
    else
      samples = decoder.decode(payloads[i], room);
    heard.insert(heard.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(samples));
  }
  EXPECT_GE(tone_ratio(std::span(heard).subspan(codec.sample_rate / 4), 400, codec.sample_rate),
            GetParam().codec == Codec::opus ? 0.65 : 0.8);
}

TEST_P(RoundTrip, ALongLossFadesToSilence) {
  const CodecFacts& codec = facts(GetParam().codec);
  Encoder encoder(GetParam().codec, {});
  Decoder decoder(GetParam().codec);
  (void)decode_all(decoder, encode_all(encoder, sine(400, codec.sample_rate, codec.sample_rate / 2)));
  std::vector<std::int16_t> frame(codec.frame_samples());
  for (int i = 0; i < 25; ++i)
    decoder.conceal({}, frame);
  for (const std::int16_t sample : frame)
    EXPECT_LT(std::abs(sample), 400);
}

TEST_P(RoundTrip, HostilePayloadsAreDecodedOrRefusedWithinTheirRoom) {
  std::mt19937 random(7);
  Decoder decoder(GetParam().codec);
  std::vector<std::int16_t> room(longest_packet_samples);
  for (int i = 0; i < 3'000; ++i) {
    Buffer payload(random() % 1'400);
    for (auto& byte : payload)
      byte = static_cast<std::uint8_t>(random());
    EXPECT_LE(decoder.decode(payload, room), room.size());
  }
  EXPECT_EQ(decoder.decode({}, room), 0u);
}

TEST(Opus, HasAConstantRateUnlessAskedOtherwise) {
  const auto sound = voice(widest_rate, 2 * widest_rate);
  Encoder constant(Codec::opus, {});
  for (const Buffer& payload : encode_all(constant, sound))
    EXPECT_EQ(payload.size(), 80u);  // 32 kbit/s
  Encoder variable(Codec::opus, {.constant_rate = false});
  std::size_t least = 1'000, most = 0;
  for (const Buffer& payload : encode_all(variable, sound)) {
    least = std::min(least, payload.size());
    most = std::max(most, payload.size());
  }
  EXPECT_LT(least + 10, most);
}

TEST(Opus, KeepsToTheRateThatWasAskedFor) {
  const auto sound = voice(widest_rate, widest_rate);
  Encoder slow(Codec::opus, {.bits_per_second = 1});
  EXPECT_EQ(encode_all(slow, sound)[10].size(), opus_least_bits / 8 / 50);
  Encoder fast(Codec::opus, {.bits_per_second = 4'000'000'000});
  EXPECT_EQ(encode_all(fast, sound)[10].size(), opus_most_bits / 8 / 50);
}

TEST(Opus, SaysNothingInSilenceOnlyWithDtx) {
  std::vector<std::int16_t> silence(widest_rate * 2);
  const auto unsent = [&](bool discontinuous) {
    Encoder encoder(Codec::opus, {.discontinuous = discontinuous, .constant_rate = !discontinuous});
    const auto payloads = encode_all(encoder, silence);
    return std::ranges::count_if(payloads, [](const Buffer& payload) { return payload.empty(); });
  };
  EXPECT_EQ(unsent(false), 0);
  EXPECT_GT(unsent(true), 50);
}

TEST(Opus, TheNextPacketBringsBackALostOne) {
  const auto sound = voice(widest_rate, 4 * widest_rate);
  const auto heard_with = [&](bool use_next) {
    Encoder encoder(Codec::opus, {});
    Decoder decoder(Codec::opus);
    const auto payloads = encode_all(encoder, sound);
    std::vector<std::int16_t> heard, room(longest_packet_samples);
    for (std::size_t i = 0; i + 1 < payloads.size(); ++i) {
      const auto frame = std::span(room).first(widest_frame);
      if (i % 5 == 4)
        decoder.conceal(use_next ? Bytes(payloads[i + 1]) : Bytes(), frame);
      else
        (void)decoder.decode(payloads[i], room);
      heard.insert(heard.end(), frame.begin(), frame.end());
    }
    return likeness_db(std::span(sound).first(heard.size()), heard, widest_frame);
  };
  EXPECT_GT(heard_with(true), heard_with(false) + 1);
}

TEST(Resampling, KeepsAToneBothWays) {
  for (const auto& [from, to] : {std::pair{8'000u, 16'000u}, std::pair{16'000u, 8'000u}}) {
    Resampler resampler(from, to);
    const auto sound = sine(1'000, from, from);
    std::vector<std::int16_t> out(to);
    for (std::uint32_t i = 0; i < 50; ++i)
      resampler.resample(std::span(sound).subspan(i * from / 50, from / 50),
                         std::span(out).subspan(i * to / 50, to / 50));
    EXPECT_GE(tone_ratio(std::span(out).subspan(to / 10), 1'000, to), 0.99);
  }
}

TEST(FrameEncoding, TakesEitherRate) {
  for (const Codec codec : {Codec::pcma, Codec::g722, Codec::opus, Codec::l16}) {
    for (const std::uint32_t rate : {8'000u, 16'000u}) {
      FrameEncoder encoder(codec, {});
      const auto sound = sine(700, rate, 2 * rate);
      std::vector<Buffer> payloads;
      for (std::size_t at = 0; at < sound.size(); at += rate / 50) {
        const Bytes payload = encoder.encode(std::span(sound).subspan(at, rate / 50), rate);
        payloads.emplace_back(payload.begin(), payload.end());
      }
      Decoder decoder(codec);
      EXPECT_GE(tone_ms(decode_all(decoder, payloads), 700, 0.8, facts(codec).sample_rate), 1'800u)
          << print(codec) << " from " << rate;
    }
  }
}

TEST(Clips, AreEncodedOnceForAll) {
  const Clip clip = std::make_shared<std::vector<std::int16_t>>(sine(440, 8'000, 8'100));
  const Clip copy = clip;
  for (const Codec codec : {Codec::pcmu, Codec::g722, Codec::opus}) {
    EXPECT_EQ(clip.frames(codec), nullptr);
    clip.encode(codec);
    const EncodedFrames* const frames = copy.frames(codec);
    ASSERT_NE(frames, nullptr);
    copy.encode(codec);
    EXPECT_EQ(clip.frames(codec), frames);
    EXPECT_EQ(frames->ends.size(), 51u);  // the last one is filled up
    Decoder decoder(codec);
    std::vector<Buffer> payloads;
    std::uint32_t begin = 0;
    for (const std::uint32_t end : frames->ends) {
      payloads.emplace_back(frames->bytes.begin() + begin, frames->bytes.begin() + end);
      begin = end;
    }
    EXPECT_GE(tone_ms(decode_all(decoder, payloads), 440, 0.8, facts(codec).sample_rate), 900u) << print(codec);
  }
  EXPECT_TRUE(Clip().empty());
  Clip().encode(Codec::opus);
  EXPECT_EQ(Clip().frames(Codec::opus), nullptr);
}

}  // namespace
}  // namespace ringwall::media
