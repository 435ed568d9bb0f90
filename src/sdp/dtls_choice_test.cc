#include "sdp/dtls_choice.h"

#include <gmock/gmock.h>

#include "sdp/dtls_attributes.h"
#include "sdp/same_description.h"

namespace ringwall::sdp {
namespace {

using testing::HasSubstr;

const std::string sha256_text =
    "sha-256 "
    "12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0";
const std::string sha1_text = "sha-1 12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0:12:34:56:78";
const std::string their_id = "abc3de65cddef001be82";

Local local_of(std::vector<KeyExchange> exchanges) {
  Local local;
  local.address = {"127.18.133.226", 16384};
  local.codecs = {"PCMU"};
  local.suites = {"AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"};
  local.random_key = [](std::size_t size) { return Secret(Buffer(size, 7)); };
  local.key_exchanges = std::move(exchanges);
  local.fingerprints = {{"sha-256", Buffer(32, 0xAB)}};
  local.tls_id = "ringwall-association-01";
  return local;
}
const Local both = local_of({KeyExchange::sdes, KeyExchange::dtls});
const Local dtls_first = local_of({KeyExchange::dtls, KeyExchange::sdes});
const Local dtls_only = local_of({KeyExchange::dtls});
const Local sdes_only = local_of({KeyExchange::sdes});

std::string text(std::string_view protocol, std::string_view attributes, bool mux = true) {
  return fmt::format(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 {} 0\r\n{}{}", protocol,
      attributes, mux ? "a=rtcp-mux\r\n" : "");
}
SessionDescription read(const std::string& description) {
  auto out = parse(description);
  if (!out) throw std::runtime_error(out.error().text());
  return std::move(*out);
}
std::string keys(std::string_view setup, std::string_view more = {}) {
  return fmt::format("a=fingerprint:{}\r\na=setup:{}\r\n{}", sha256_text, setup, more);
}
SessionDescription offer_of(std::string_view attributes, std::string_view protocol = "UDP/TLS/RTP/SAVP") {
  return read(text(protocol, attributes));
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

TEST(DtlsAttributes, AreReadAndPrinted) {
  const auto offer = offer_of(keys("actpass", "a=tls-id:" + their_id + "\r\n"));
  const MediaDescription& media = offer.media[0];
  ASSERT_EQ(media.fingerprints.size(), 1u);
  EXPECT_EQ(media.fingerprints[0].hash, "sha-256");
  EXPECT_EQ(media.fingerprints[0].value.size(), 32u);
  EXPECT_EQ(media.fingerprints[0].value[1], 0x34);
  EXPECT_EQ(media.setup, Setup::actpass);
  EXPECT_EQ(media.tls_id, their_id);
  EXPECT_TRUE(media.attributes.empty());
  EXPECT_THAT(print(offer), HasSubstr("a=fingerprint:" + sha256_text + "\r\na=setup:actpass\r\na=tls-id:" + their_id));
  EXPECT_TRUE(same(read(print(offer)), offer));
}

TEST(DtlsAttributes, OfTheSessionServeMediaThatSayNothing) {
  const auto description = read(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=fingerprint:" + sha256_text +
      "\r\na=setup:passive\r\nm=audio 4000 UDP/TLS/RTP/SAVP 0\r\nm=audio 4002 UDP/TLS/RTP/SAVP 0\r\na=setup:active\r\n"
      "a=fingerprint:" +
      sha1_text + "\r\nm=application 4004 UDP/DTLS/SCTP webrtc-datachannel\r\na=setup:actpass\r\n");
  EXPECT_EQ(description.media[0].setup, Setup::passive);
  EXPECT_EQ(description.media[0].fingerprints[0].hash, "sha-256");
  EXPECT_EQ(description.media[1].setup, Setup::active);
  ASSERT_EQ(description.media[1].fingerprints.size(), 1u);
  EXPECT_EQ(description.media[1].fingerprints[0].hash, "sha-1");
  EXPECT_TRUE(description.media[2].fingerprints.empty());
}

TEST(DtlsAttributes, BadOnesAreRefusedWithTheirLine) {
  for (const auto* bad :
       {"a=fingerprint:sha-256 12:34", "a=fingerprint:sha-256", "a=fingerprint:", "a=fingerprint:sha-1 12:3",
        "a=fingerprint: 12:34", "a=fingerprint:future 12:34:", "a=fingerprint:future 1234",
        "a=fingerprint:future 12:3g", "a=setup:both", "a=setup:", "a=setup:active\r\na=setup:passive", "a=tls-id:short",
        "a=tls-id:abc3de65cddef001be8 2"}) {
    const auto parsed = parse(text("UDP/TLS/RTP/SAVP", std::string(bad) + "\r\n"));
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_THAT(parsed.error().text(), HasSubstr("line")) << bad;
  }
  std::string many;
  for (int i = 0; i < 9; ++i)
    many += "a=fingerprint:future 12:34\r\n";
  EXPECT_FALSE(parse(text("UDP/TLS/RTP/SAVP", many)).has_value());
}

TEST(DtlsAttributes, NamesOfHashesHaveNoCase) {
  const auto parsed = parse_fingerprint("SHA-384 " + print_fingerprint({"x", Buffer(48, 1)}).substr(2));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->hash, "sha-384");
  EXPECT_TRUE(is_usable(*parsed));
  EXPECT_FALSE(is_usable(*parse_fingerprint("sha-224 " + print_fingerprint({"x", Buffer(28, 1)}).substr(2))));
  EXPECT_FALSE(is_usable(*parse_fingerprint("md5 12:34")));
}

TEST(DtlsOffer, LeavesTheRoleToThePeer) {
  const auto offer = make_offer(dtls_first);
  const MediaDescription& media = offer.media[0];
  EXPECT_EQ(media.protocol, "UDP/TLS/RTP/SAVP");
  EXPECT_EQ(media.setup, Setup::actpass);
  EXPECT_EQ(media.fingerprints, dtls_first.fingerprints);
  EXPECT_EQ(media.tls_id, dtls_first.tls_id);
  EXPECT_TRUE(media.rtcp_mux);
  EXPECT_TRUE(media.crypto.empty());
  EXPECT_EQ(make_offer(both).media[0].protocol, "RTP/SAVP");
  EXPECT_TRUE(make_offer(both).media[0].fingerprints.empty());
}

TEST(DtlsAnswer, TakesTheRoleThatIsLeft) {
  struct Case {
    std::string_view offered;
    std::optional<bool> present;
    bool active;
  };
  for (const Case& c : {Case{"actpass", std::nullopt, true}, Case{"actpass", false, false}, Case{"actpass", true, true},
                        Case{"active", std::nullopt, false}, Case{"active", true, false},
                        Case{"passive", std::nullopt, true}, Case{"passive", false, true}}) {
    Local local = both;
    local.dtls_active = c.present;
    const auto made = answered(offer_of(keys(c.offered)), local);
    EXPECT_TRUE(made.agreed.dtls);
    EXPECT_EQ(made.agreed.dtls_active, c.active) << c.offered;
    EXPECT_EQ(made.answer.media[0].setup, c.active ? Setup::active : Setup::passive) << c.offered;
    EXPECT_EQ(made.answer.media[0].protocol, "UDP/TLS/RTP/SAVP");
    EXPECT_EQ(made.answer.media[0].fingerprints, both.fingerprints);
    EXPECT_TRUE(made.answer.media[0].crypto.empty());
    EXPECT_TRUE(made.agreed.suite.empty());
    EXPECT_TRUE(made.agreed.local_key.empty());
  }
}

TEST(DtlsAnswer, NamesItsAssociationOnlyToAPeerThatDoes) {
  const auto without = answered(offer_of(keys("actpass")), both);
  EXPECT_EQ(without.answer.media[0].tls_id, "");
  const auto with = answered(offer_of(keys("actpass", "a=tls-id:" + their_id + "\r\n")), both);
  EXPECT_EQ(with.answer.media[0].tls_id, both.tls_id);
  EXPECT_EQ(with.agreed.tls_id, their_id);
}

TEST(DtlsAnswer, KeepsFingerprintsOfStrongHashesOnly) {
  const auto made =
      answered(offer_of(keys("actpass", "a=fingerprint:" + sha1_text + "\r\na=fingerprint:future 01:02\r\n")), both);
  ASSERT_EQ(made.agreed.fingerprints.size(), 1u);
  EXPECT_EQ(made.agreed.fingerprints[0].hash, "sha-256");
}

TEST(DtlsAnswer, RefusesWhatCannotBeTrusted) {
  const std::string print = "a=fingerprint:" + sha256_text + "\r\n";
  EXPECT_THAT(refusal(offer_of(print), both), HasSubstr("no a=setup"));
  EXPECT_THAT(refusal(offer_of("a=setup:actpass\r\n"), both), HasSubstr("no a=fingerprint"));
  EXPECT_THAT(refusal(offer_of(keys("holdconn")), both), HasSubstr("holdconn"));
  EXPECT_THAT(refusal(offer_of("a=setup:actpass\r\na=fingerprint:" + sha1_text + "\r\n"), both),
              HasSubstr("by sha-1 only"));
  EXPECT_THAT(refusal(offer_of("a=setup:actpass\r\na=fingerprint:future 01:02\r\n"), both),
              HasSubstr("by future only"));
  EXPECT_THAT(refusal(read(text("UDP/TLS/RTP/SAVP", keys("actpass"), false)), both), HasSubstr("one port only"));
}

TEST(DtlsAnswer, FollowsTheProfilesKeyExchange) {
  const std::string sdes = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'A') + "\r\n";
  EXPECT_THAT(refusal(offer_of(keys("actpass")), sdes_only), HasSubstr("SDES keys only"));
  EXPECT_THAT(refusal(offer_of(sdes, "RTP/SAVP"), dtls_only), HasSubstr("DTLS keys only"));
  EXPECT_FALSE(answered(offer_of(sdes, "RTP/SAVP"), dtls_first).agreed.dtls);
  EXPECT_THAT(refusal(offer_of(keys("actpass"), "RTP/AVP"), both), HasSubstr("offered in the clear"));
  Local waived = both;
  waived.suites.clear();
  EXPECT_THAT(refusal(offer_of(keys("actpass")), waived), HasSubstr("waived"));
}

/// RFC 8829 section 5.1.2: some say RTP/SAVPF and mean DTLS.
TEST(DtlsAnswer, KnowsDtlsByTheFingerprintToo) {
  const auto made = answered(offer_of(keys("actpass"), "RTP/SAVPF"), both);
  EXPECT_TRUE(made.agreed.dtls);
  EXPECT_EQ(made.answer.media[0].protocol, "RTP/SAVPF");
  const std::string sdes = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'A') + "\r\n";
  EXPECT_FALSE(answered(offer_of(keys("actpass", sdes), "RTP/SAVP"), both).agreed.dtls);
  EXPECT_TRUE(answered(offer_of(keys("actpass", sdes), "RTP/SAVP"), dtls_only).agreed.dtls);
}

TEST(DtlsApplyAnswer, TakesOneRole) {
  const auto offer = make_offer(dtls_first);
  const auto agreed_on = [&](std::string_view attributes, bool mux = true) {
    return apply_answer(offer, read(text("UDP/TLS/RTP/SAVP", attributes, mux)));
  };
  const auto active = agreed_on(keys("active", "a=tls-id:" + their_id + "\r\n"));
  ASSERT_TRUE(active.has_value());
  EXPECT_TRUE(active->dtls);
  EXPECT_FALSE(active->dtls_active);
  EXPECT_EQ(active->tls_id, their_id);
  EXPECT_TRUE(agreed_on(keys("passive"))->dtls_active);
  EXPECT_THAT(agreed_on(keys("actpass")).error().what, HasSubstr("leaves open who begins"));
  EXPECT_THAT(agreed_on(keys("holdconn")).error().what, HasSubstr("holdconn"));
  EXPECT_THAT(agreed_on("a=setup:active\r\n").error().what, HasSubstr("no a=fingerprint"));
  EXPECT_THAT(agreed_on("a=fingerprint:" + sha256_text + "\r\n").error().what, HasSubstr("no a=setup"));
  EXPECT_THAT(agreed_on(keys("active"), false).error().what, HasSubstr("one port only"));
  const std::string sdes = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'A') + "\r\n";
  EXPECT_FALSE(apply_answer(offer, read(text("RTP/SAVP", sdes))).has_value());
  EXPECT_FALSE(apply_answer(make_offer(both), read(text("RTP/SAVP", keys("active")))).has_value());
}

}  // namespace
}  // namespace ringwall::sdp
