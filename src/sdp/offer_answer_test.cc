#include "sdp/offer_answer.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace ringwall::sdp {
namespace {

using testing::HasSubstr;

const std::string key30(40, 'A');
const std::string key44 = std::string(58, 'B') + "A=";
const std::string cm80 = "AES_CM_128_HMAC_SHA1_80";

Local secure_local() {
  Local local;
  local.address = {"127.18.133.226", 16384};
  local.codecs = {"PCMU", "PCMA"};
  local.suites = {"AEAD_AES_256_GCM", cm80};
  local.random_key = [](std::size_t size) { return Secret(Buffer(size, 7)); };
  return local;
}
Local clear_local() {
  Local local = secure_local();
  local.suites.clear();
  return local;
}

std::string offer_text(std::string_view media_line, std::string_view attributes) {
  return fmt::format("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{}\r\n{}", media_line,
                     attributes);
}
SessionDescription description(std::string_view media_line, std::string_view attributes) {
  auto out = parse(offer_text(media_line, attributes));
  if (!out) throw std::runtime_error(out.error().text());
  return std::move(*out);
}
std::string crypto(int tag, std::string_view suite, std::string_view key, std::string_view more = {}) {
  return fmt::format("a=crypto:{} {} inline:{}{}\r\n", tag, suite, key, more);
}
std::string refusal(const SessionDescription& offer, const Local& local) {
  const auto out = make_answer(offer, local);
  return out ? "answered" : out.error().what;
}
Answered answered(const SessionDescription& offer, const Local& local) {
  auto out = make_answer(offer, local);
  if (!out) throw std::runtime_error(out.error().text());
  return std::move(*out);
}
bool equal(const Secret& secret, std::size_t size, std::uint8_t byte) {
  return secret.size() == size && std::ranges::all_of(secret.reveal(), [byte](auto b) { return b == byte; });
}

TEST(MakeOffer, OffersEverySuiteAndCodec) {
  const auto offer = make_offer(secure_local());
  ASSERT_EQ(offer.media.size(), 1U);
  const MediaDescription& media = offer.media[0];
  EXPECT_EQ(media.protocol, "RTP/SAVP");
  EXPECT_EQ(media.port, 16384);
  ASSERT_EQ(media.formats.size(), 3U);
  EXPECT_EQ(media.formats[0].payload_type, 0);
  EXPECT_EQ(media.formats[1].payload_type, 8);
  EXPECT_EQ(media.formats[2].encoding, "telephone-event");
  ASSERT_EQ(media.crypto.size(), 2U);
  EXPECT_EQ(media.crypto[0].suite, "AEAD_AES_256_GCM");
  EXPECT_EQ(media.crypto[0].key_and_salt.size(), 44U);
  EXPECT_EQ(media.crypto[1].tag, 2U);
  EXPECT_EQ(media.crypto[1].key_and_salt.size(), 30U);
  EXPECT_EQ(make_offer(clear_local()).media[0].protocol, "RTP/AVP");
}

TEST(MakeAnswer, ChoosesByOurPreferenceAndKeepsTheirNumbers) {
  const auto offer =
      description("m=audio 5000 RTP/SAVP 8 0 99", "a=rtpmap:99 telephone-event/8000\r\n" + crypto(4, cm80, key30) +
                                                      crypto(9, "AEAD_AES_256_GCM", key44) + "a=rtcp-mux\r\n");
  const Answered out = answered(offer, secure_local());
  EXPECT_EQ(out.agreed.codec, "PCMU");
  EXPECT_EQ(out.agreed.payload_type, 0);
  EXPECT_EQ(out.agreed.dtmf_payload_type, 99);
  EXPECT_EQ(out.agreed.suite, "AEAD_AES_256_GCM");
  EXPECT_TRUE(equal(out.agreed.local_key, 44, 7));
  EXPECT_EQ(out.agreed.remote_key.reveal()[0], 0x04) << "BBBB is 04 10 41";
  EXPECT_EQ(out.agreed.remote, (NetAddress{"192.0.2.1", 5000}));
  EXPECT_TRUE(out.agreed.rtcp_mux);
  EXPECT_EQ(out.agreed.remote_rtcp_port, 5000);
  const MediaDescription& media = out.answer.media.at(0);
  ASSERT_EQ(media.crypto.size(), 1U);
  EXPECT_EQ(media.crypto[0].tag, 9U);
  EXPECT_TRUE(equal(media.crypto[0].key_and_salt, 44, 7));
  ASSERT_EQ(media.formats.size(), 2U);
  EXPECT_EQ(media.formats[1].payload_type, 99);
  EXPECT_TRUE(media.rtcp_mux);
}

TEST(MakeAnswer, TakesDynamicNumbersForKnownCodecs) {
  const auto out = answered(description("m=audio 5000 RTP/AVP 110", "a=rtpmap:110 pcma/8000\r\n"), clear_local());
  EXPECT_EQ(out.agreed.codec, "PCMA");
  EXPECT_EQ(out.agreed.payload_type, 110);
  EXPECT_EQ(out.answer.media[0].formats[0].payload_type, 110);
  EXPECT_FALSE(out.agreed.dtmf_payload_type);
  EXPECT_EQ(out.agreed.remote_rtcp_port, 5001);
}

TEST(MakeAnswer, TakesTelephoneEventsAt8000HzOnly) {
  const auto out = answered(description("m=audio 5000 RTP/AVP 0 97 98",
                                        "a=rtpmap:97 telephone-event/48000\r\na=rtpmap:98 telephone-event/8000\r\n"),
                            clear_local());
  EXPECT_EQ(out.agreed.dtmf_payload_type, 98);
}

TEST(MakeAnswer, AnswersTheFeedbackProfilesInKind) {
  EXPECT_EQ(answered(description("m=audio 5000 RTP/SAVPF 0", crypto(1, cm80, key30)), secure_local())
                .answer.media[0]
                .protocol,
            "RTP/SAVPF");
  EXPECT_EQ(answered(description("m=audio 5000 RTP/AVPF 0", ""), clear_local()).answer.media[0].protocol, "RTP/AVPF");
}

TEST(MakeAnswer, RefusesAClearOfferOnASecureLeg) {
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/AVP 0", ""), secure_local()), HasSubstr("in the clear"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/AVP 0", crypto(1, cm80, key30)), secure_local()),
              HasSubstr("in the clear"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(1, cm80, key30)), clear_local()),
              HasSubstr("waived"));
  EXPECT_THAT(refusal(description("m=audio 5000 TCP/TLS/RTP/SAVPF 0", ""), secure_local()), HasSubstr("not supported"));
  EXPECT_THAT(refusal(description("m=audio 5000 UDP/TLS/RTP/SAVPF 0", ""), secure_local()),
              HasSubstr("SDES keys only"));
}

TEST(MakeAnswer, TellsAnOperatorHowToMendAWrongProfile) {
  for (const char* protocol : {"RTP/AVP", "UDP/TLS/RTP/SAVPF", "RTP/NONE"}) {
    const auto made = make_answer(description(fmt::format("m=audio 5000 {} 0", protocol), ""), secure_local());
    ASSERT_FALSE(made) << protocol;
    EXPECT_THAT(made.error().mend, HasSubstr("SDES")) << protocol;
  }
}

TEST(MakeAnswer, RefusesWhatWeakensTheStream) {
  const auto with = [](std::string_view more) {
    return refusal(description("m=audio 5000 RTP/SAVP 0", crypto(1, cm80, key30, more)), secure_local());
  };
  EXPECT_THAT(with(" UNENCRYPTED_SRTP"), HasSubstr("unencrypted SRTP"));
  EXPECT_THAT(with(" unencrypted_srtcp"), HasSubstr("unencrypted SRTCP"));
  EXPECT_THAT(with(" UNAUTHENTICATED_SRTP"), HasSubstr("unauthenticated"));
  EXPECT_THAT(with(" WSH=128 UNENCRYPTED_SRTCP"), HasSubstr("unencrypted SRTCP"));
  EXPECT_THAT(with(" KDR=24"), HasSubstr("key derivation rate"));
  EXPECT_THAT(with(" FEC_ORDER=FEC_SRTP"), HasSubstr("forward error correction"));
  EXPECT_THAT(with(" FEC_KEY=inline:" + key30), HasSubstr("forward error correction"));
  EXPECT_THAT(with(" SOMETHING=1"), HasSubstr("not known"));
  EXPECT_THAT(with("|1:0"), HasSubstr("identifier"));
  EXPECT_THAT(with("|2^49"), HasSubstr("lifetime is not valid"));
  EXPECT_THAT(with("|1000"), HasSubstr("lifetime is too short"));
  EXPECT_THAT(with("AAAA"), HasSubstr("length"));
  EXPECT_EQ(with("|2^48"), "answered");
  EXPECT_EQ(with("|1048576"), "answered");
  EXPECT_EQ(with(" WSH=64"), "answered");
  EXPECT_EQ(with(" -SOMETHING=1"), "answered");
}

TEST(MakeAnswer, TakesTheNextLineWhenOneIsUnusable) {
  const auto offer = description("m=audio 5000 RTP/SAVP 0", crypto(1, "AEAD_AES_256_GCM", key44, "|256:1") +
                                                                crypto(2, cm80, key30, " UNENCRYPTED_SRTP") +
                                                                crypto(3, cm80, key30) + crypto(4, "UNKNOWN", "QUJD"));
  const Answered out = answered(offer, secure_local());
  EXPECT_EQ(out.agreed.suite, cm80);
  EXPECT_EQ(out.answer.media[0].crypto[0].tag, 3U);
}

TEST(MakeAnswer, SaysWhatWasOfferedWhenNothingFits) {
  EXPECT_EQ(
      refusal(description("m=audio 5000 RTP/SAVP 0", crypto(1, "AES_CM_128_HMAC_SHA1_32", key30)), secure_local()),
      "no common SRTP suite: offered AES_CM_128_HMAC_SHA1_32; accepted AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80");
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", ""), secure_local()), HasSubstr("offered none"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/AVP 18", ""), clear_local()), HasSubstr("accepted are PCMU, PCMA"));
  EXPECT_THAT(refusal(description("m=video 5000 RTP/AVP 31", ""), clear_local()), HasSubstr("no audio"));
}

TEST(MakeAnswer, RefusesOtherMediaWithPortZeroInPlace) {
  const auto out = answered(
      description("m=video 6000 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0\r\nm=audio 7000 RTP/AVP 0", ""), clear_local());
  ASSERT_EQ(out.answer.media.size(), 3U);
  EXPECT_EQ(out.answer.media[0].kind, "video");
  EXPECT_EQ(out.answer.media[0].port, 0);
  EXPECT_EQ(out.answer.media[1].port, 16384);
  EXPECT_EQ(out.answer.media[2].port, 0);
}

TEST(MakeAnswer, TakesTheFirstAudioThatFits) {
  const auto out = answered(description("m=audio 5000 RTP/AVP 0\r\nm=audio 7000 RTP/SAVP 0", crypto(1, cm80, key30)),
                            secure_local());
  EXPECT_EQ(out.answer.media[0].port, 0);
  EXPECT_EQ(out.answer.media[1].port, 16384);
  EXPECT_EQ(out.agreed.remote.port, 7000);
}

TEST(MakeAnswer, AnswersAStoppedStream) {
  const auto out = answered(description("m=audio 0 RTP/SAVP 0", ""), secure_local());
  EXPECT_EQ(out.answer.media.at(0).port, 0);
  EXPECT_EQ(out.agreed.codec, "");
  EXPECT_EQ(out.agreed.direction, Direction::inactive);
}

TEST(MakeAnswer, MeetsEveryDirection) {
  const auto meet = [](Direction ours, std::string_view theirs) {
    Local local = clear_local();
    local.direction = ours;
    const auto out = answered(description("m=audio 5000 RTP/AVP 0", fmt::format("a={}\r\n", theirs)), local);
    EXPECT_EQ(out.answer.media[0].direction, out.agreed.direction);
    return out.agreed.direction;
  };
  EXPECT_EQ(meet(Direction::sendrecv, "sendrecv"), Direction::sendrecv);
  EXPECT_EQ(meet(Direction::sendrecv, "sendonly"), Direction::recvonly);
  EXPECT_EQ(meet(Direction::sendrecv, "recvonly"), Direction::sendonly);
  EXPECT_EQ(meet(Direction::sendrecv, "inactive"), Direction::inactive);
  EXPECT_EQ(meet(Direction::sendonly, "sendrecv"), Direction::sendonly);
  EXPECT_EQ(meet(Direction::sendonly, "sendonly"), Direction::inactive);
  EXPECT_EQ(meet(Direction::inactive, "sendrecv"), Direction::inactive);
}

TEST(MakeAnswer, KnowsHoldByAnAddressOfZeros) {
  const auto out = answered(description("m=audio 5000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0", ""), clear_local());
  EXPECT_EQ(out.agreed.direction, Direction::recvonly);
}

TEST(MakeAnswer, NeedsAnAddress) {
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/AVP 0\r\nc=IN IP4 host.test", ""), clear_local()),
              HasSubstr("not an IP address"));
  EXPECT_EQ(answered(description("m=audio 5000 RTP/AVP 0\r\nc=IN IP6 2001:DB8::1", ""), clear_local()).agreed.remote,
            (NetAddress{"2001:db8::1", 5000}));
  EXPECT_EQ(answered(description("m=audio 65535 RTP/AVP 0", ""), clear_local()).agreed.remote_rtcp_port, 0)
      << "no wrap";
  EXPECT_EQ(answered(description("m=audio 5000 RTP/AVP 0", "a=rtcp:6000\r\n"), clear_local()).agreed.remote_rtcp_port,
            6000);
}

TEST(OfferAnswer, BothSidesAgree) {
  Local caller = secure_local();
  caller.random_key = [](std::size_t size) { return Secret(Buffer(size, 1)); };
  Local callee = secure_local();
  callee.address = {"127.18.133.75", 20000};
  callee.suites = {cm80};
  callee.codecs = {"PCMA"};
  callee.random_key = [](std::size_t size) { return Secret(Buffer(size, 2)); };
  const auto offer = make_offer(caller);
  const auto at_callee = make_answer(*parse(print(offer)), callee);
  ASSERT_TRUE(at_callee);
  const auto at_caller = apply_answer(offer, *parse(print(at_callee->answer)));
  ASSERT_TRUE(at_caller) << at_caller.error().text();
  EXPECT_EQ(at_caller->suite, cm80);
  EXPECT_EQ(at_callee->agreed.suite, cm80);
  EXPECT_EQ(at_caller->codec, "PCMA");
  EXPECT_EQ(at_caller->payload_type, at_callee->agreed.payload_type);
  EXPECT_EQ(at_caller->dtmf_payload_type, 101);
  EXPECT_TRUE(equal(at_caller->local_key, 30, 1));
  EXPECT_TRUE(equal(at_caller->remote_key, 30, 2));
  EXPECT_TRUE(equal(at_callee->agreed.local_key, 30, 2));
  EXPECT_TRUE(equal(at_callee->agreed.remote_key, 30, 1));
  EXPECT_EQ(at_caller->remote, callee.address);
  EXPECT_TRUE(at_caller->rtcp_mux);
}

class ApplyAnswer : public testing::Test {
 protected:
  std::string refusal(const SessionDescription& answer) {
    const auto out = apply_answer(offer_, answer);
    return out ? "agreed" : out.error().what;
  }
  SessionDescription offer_ = make_offer(secure_local());
};

TEST_F(ApplyAnswer, RefusesWhatWasNotOffered) {
  EXPECT_EQ(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(2, cm80, key30))), "agreed");
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(3, cm80, key30))),
              HasSubstr("3, which was not offered"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(1, cm80, key30))), HasSubstr("changed the suite"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(2, cm80, key30, " UNENCRYPTED_SRTP"))),
              HasSubstr("unencrypted"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(2, cm80, key30, " KDR=3"))), HasSubstr("rate"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", crypto(2, cm80, "AAAA"))), HasSubstr("length"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0", "")), HasSubstr("0 crypto attributes"));
  EXPECT_THAT(
      refusal(description("m=audio 5000 RTP/SAVP 0", crypto(1, "AEAD_AES_256_GCM", key44) + crypto(2, cm80, key30))),
      HasSubstr("2 crypto attributes"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 18", crypto(2, cm80, key30))), HasSubstr("format 18 G729"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 101",
                                  crypto(2, cm80, key30) + "a=rtpmap:101 telephone-event/8000\r\n")),
              HasSubstr("no codec"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/AVP 0", "")), HasSubstr("RTP/AVP was not offered"));
  EXPECT_THAT(refusal(description("m=audio 0 RTP/SAVP 0", "")), HasSubstr("refused the audio"));
  EXPECT_THAT(refusal(description("m=video 5000 RTP/SAVP 0", "")), HasSubstr("not the offered one"));
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/SAVP 0\r\nm=video 5000 RTP/AVP 31", "")),
              HasSubstr("2 media lines"));
}

TEST_F(ApplyAnswer, RefusesCryptoOnAClearLeg) {
  offer_ = make_offer(clear_local());
  EXPECT_THAT(refusal(description("m=audio 5000 RTP/AVP 0", crypto(1, cm80, key30))), HasSubstr("none was offered"));
  EXPECT_EQ(refusal(description("m=audio 5000 RTP/AVP 0", "")), "agreed");
}

TEST(KeyAndSaltLength, KnowsTheSuitesOfTheRfcs) {
  EXPECT_EQ(key_and_salt_length("AES_CM_128_HMAC_SHA1_80"), 30U);
  EXPECT_EQ(key_and_salt_length("AES_CM_128_HMAC_SHA1_32"), 30U);
  EXPECT_EQ(key_and_salt_length("AES_256_CM_HMAC_SHA1_80"), 46U);
  EXPECT_EQ(key_and_salt_length("AEAD_AES_128_GCM"), 28U);
  EXPECT_EQ(key_and_salt_length("AEAD_AES_256_GCM"), 44U);
  EXPECT_EQ(key_and_salt_length("NULL"), 0U);
}

}  // namespace
}  // namespace ringwall::sdp
