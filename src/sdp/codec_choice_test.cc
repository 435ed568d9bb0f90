#include "sdp/codec_choice.h"

#include <gtest/gtest.h>

namespace ringwall::sdp {
namespace {

Local local_with(std::vector<std::string> codecs) {
  Local local;
  local.address = {"127.18.133.226", 16384};
  local.codecs = std::move(codecs);  // no suites: a waiver leg, so that keys are no part of this
  return local;
}

SessionDescription offer_of(std::string_view formats, std::string_view attributes) {
  const auto out = parse(fmt::format(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP {}\r\n{}", formats,
      attributes));
  if (!out) throw std::runtime_error(out.error().text());
  return *out;
}

Answered answered(const SessionDescription& offer, const Local& local) {
  auto out = make_answer(offer, local);
  if (!out) throw std::runtime_error(out.error().text());
  return std::move(*out);
}

const std::vector<std::string> wide{"opus", "G722", "L16", "PCMU"};

TEST(CodecOffer, NamesEachCodecAsItsRfcDoes) {
  const std::string text = print(make_offer(local_with(wide)));
  for (const char* line :
       {"a=rtpmap:102 opus/48000/2", "a=rtpmap:9 G722/8000", "a=rtpmap:103 L16/16000", "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:104 telephone-event/48000", "a=rtpmap:105 telephone-event/16000", "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:104 0-15"})
    EXPECT_TRUE(text.contains(std::string(line) + "\r\n")) << line << "\n" << text;
  EXPECT_TRUE(text.contains("a=fmtp:102 maxplaybackrate=16000;"));
  EXPECT_TRUE(text.contains("usedtx=0"));
  EXPECT_TRUE(text.contains("cbr=1"));
  EXPECT_TRUE(text.contains("m=audio 16384 RTP/AVP 102 9 103 0 104 105 101\r\n")) << text;
}

TEST(CodecOffer, NarrowOnesAreAsTheyWere) {
  const auto offer = make_offer(local_with({"PCMU", "PCMA"}));
  ASSERT_EQ(offer.media[0].formats.size(), 3u);
  EXPECT_EQ(offer.media[0].formats[2].payload_type, offered_dtmf_payload_type);
}

TEST(CodecAnswer, TakesOpusWithWhatThePeerAsksFor) {
  const auto out = answered(
      offer_of("111 0 110 126",
               "a=rtpmap:111 OPUS/48000/2\r\na=fmtp:111 minptime=10; useinbandfec=1;maxaveragebitrate=20000\r\n"
               "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"),
      local_with(wide));
  EXPECT_EQ(out.agreed.codec, "opus");
  EXPECT_EQ(out.agreed.payload_type, 111);
  EXPECT_TRUE(out.agreed.opus.error_correction);
  EXPECT_EQ(out.agreed.opus.most_bits_per_second, 20'000u);
  EXPECT_EQ(out.agreed.dtmf_payload_type, 110);
  EXPECT_EQ(out.agreed.dtmf_clock_rate, 48'000u);
  const auto& formats = out.answer.media[0].formats;
  ASSERT_EQ(formats.size(), 2u);
  EXPECT_TRUE(formats[0].parameters.contains("useinbandfec=1"));
}

TEST(CodecAnswer, TelephoneEventsMayKeepTheirOwnClock) {
  const auto out = answered(offer_of("96 101", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"),
                            local_with(wide));
  EXPECT_EQ(out.agreed.dtmf_payload_type, 101);
  EXPECT_EQ(out.agreed.dtmf_clock_rate, 8'000u);
}

TEST(CodecAnswer, OurOrderDecides) {
  EXPECT_EQ(answered(offer_of("0 9", ""), local_with(wide)).agreed.codec, "G722");
  EXPECT_EQ(answered(offer_of("9 0", ""), local_with({"PCMU", "G722"})).agreed.codec, "PCMU");
  EXPECT_FALSE(make_answer(offer_of("9", ""), local_with({"PCMU"})));
}

TEST(CodecAnswer, OneNameAtAnotherRateIsAnotherCodec) {
  for (const char* rtpmap : {"a=rtpmap:96 opus/48000\r\n", "a=rtpmap:96 L16/44100\r\n", "a=rtpmap:96 L16/16000/2\r\n"})
    EXPECT_FALSE(make_answer(offer_of("96", rtpmap), local_with(wide))) << rtpmap;
}

TEST(CodecAnswer, ComfortNoiseOnlyWhereItIsWantedAndFits) {
  const auto wanted = answered(offer_of("0 13", ""), local_with({"PCMU", "CN"}));
  EXPECT_EQ(wanted.agreed.comfort_noise_payload_type, 13);
  EXPECT_EQ(wanted.answer.media[0].formats.size(), 2u);
  EXPECT_FALSE(answered(offer_of("0 13", ""), local_with({"PCMU"})).agreed.comfort_noise_payload_type);
  const auto opus = answered(offer_of("96 13", "a=rtpmap:96 opus/48000/2\r\n"), local_with({"opus", "CN"}));
  EXPECT_FALSE(opus.agreed.comfort_noise_payload_type);  // RFC 3389 section 4.1: one clock rate
  EXPECT_FALSE(make_answer(offer_of("13", ""), local_with({"PCMU", "CN"})));
}

TEST(CodecAnswer, BothSidesConcludeTheSame) {
  for (const std::string codec : {"opus", "G722", "L16", "PCMU"}) {
    const auto offer = make_offer(local_with({"opus", "G722", "L16", "PCMU", "CN"}));
    const auto theirs = answered(offer, local_with({codec, "CN"}));
    const auto ours = apply_answer(offer, theirs.answer);
    ASSERT_TRUE(ours) << ours.error().text();
    EXPECT_EQ(ours->codec, codec);
    EXPECT_EQ(theirs.agreed.codec, codec);
    EXPECT_EQ(ours->payload_type, theirs.agreed.payload_type);
    EXPECT_EQ(ours->dtmf_payload_type, theirs.agreed.dtmf_payload_type);
    EXPECT_EQ(ours->dtmf_clock_rate, theirs.agreed.dtmf_clock_rate);
    EXPECT_EQ(ours->comfort_noise_payload_type, theirs.agreed.comfort_noise_payload_type);
    EXPECT_EQ(ours->opus, theirs.agreed.opus);
  }
}

TEST(OpusParameters, WhatMakesNoSenseIsNotAsked) {
  EXPECT_EQ(read_opus_wishes(""), OpusWishes{});
  EXPECT_EQ(read_opus_wishes(";;=;useinbandfec;maxaveragebitrate=;"), OpusWishes{});
  EXPECT_EQ(read_opus_wishes("maxaveragebitrate=99999999999999"), OpusWishes{});
  EXPECT_EQ(read_opus_wishes("maxaveragebitrate=12k;USEINBANDFEC=1"), (OpusWishes{.error_correction = true}));
}

}  // namespace
}  // namespace ringwall::sdp
