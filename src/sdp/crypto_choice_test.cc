// What RFC 4568 section 6 lets a crypto attribute say, and what becomes of it.
#include "sdp/crypto_choice.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "sdp/crypto_attribute.h"
#include "sdp/crypto_parameters.h"

namespace ringwall::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string key30(40, 'A');
const std::string other30(40, 'B');
const std::string cm80 = "AES_CM_128_HMAC_SHA1_80";
using Identifier = std::vector<std::uint8_t>;

CryptoAttribute attribute(const std::string& keys, const std::string& parameters = {}) {
  auto out = parse_crypto(fmt::format("1 {} {} {}", cm80, keys, parameters));
  if (!out) throw std::runtime_error(out.error().text());
  return std::move(*out);
}
std::string refusal(const std::string& keys, const std::string& parameters = {}) {
  const char* why = why_unusable(attribute(keys, parameters));
  return why == nullptr ? "usable" : why;
}
std::string with(const std::string& parameters) {
  return refusal("inline:" + key30, parameters);
}
std::string after_key(const std::string& fields) {
  return refusal("inline:" + key30 + fields);
}
Local local_with(std::uint64_t version = 1) {
  Local local;
  local.address = {"192.0.2.9", 20'000};
  local.codecs = {"PCMU"};
  local.suites = {cm80};
  local.version = version;
  local.random_key = [](std::size_t size) { return Secret(Buffer(size, 7)); };
  return local;
}
SessionDescription description(const std::vector<std::string>& crypto, const std::string& profile = "RTP/SAVP") {
  std::string text =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5000 " + profile + " 0\r\n";
  for (const std::string& value : crypto)
    text += "a=crypto:" + value + "\r\n";
  auto out = parse(text);
  if (!out) throw std::runtime_error(out.error().text());
  return std::move(*out);
}

TEST(Lifetime, IsPacketsOrAPowerOfTwo) {
  EXPECT_EQ(parse_lifetime("2^20"), 1u << 20);
  EXPECT_EQ(parse_lifetime("1048576"), 1u << 20);
  EXPECT_EQ(parse_lifetime("2^0"), 1u);
  EXPECT_EQ(parse_lifetime("2^48"), std::uint64_t{1} << 48);
  EXPECT_EQ(parse_lifetime("281474976710656"), std::uint64_t{1} << 48);
  for (const char* wrong : {"", "0", "2^49", "281474976710657", "02^20", "2^020", "01", "2^", "-1", "2^-1", "3^20",
                            "2^20 ", "18446744073709551617", "2^4294967297"})
    EXPECT_EQ(parse_lifetime(wrong), std::nullopt) << wrong;
}

TEST(MasterKeyIdentifier, IsANumberInThatManyBytes) {
  EXPECT_EQ(parse_mki("1:4"), (Identifier{0, 0, 0, 1}));
  EXPECT_EQ(parse_mki("1066:4"), (Identifier{0, 0, 4, 42}));
  EXPECT_EQ(parse_mki("255:1"), (Identifier{255}));
  EXPECT_EQ(parse_mki("1:128")->size(), 128u);
  EXPECT_EQ(parse_mki("340282366920938463463374607431768211455:16"), Identifier(16, 255)) << "beyond any machine word";
  for (const char* wrong : {"", "1", ":4", "1:", "256:1", "340282366920938463463374607431768211456:16", "1:0", "1:129",
                            "01:4", "1:04", "0:4", "-1:4", "1:4:4", "1:4294967297", "a:4"})
    EXPECT_EQ(parse_mki(wrong), std::nullopt) << wrong;
}

// RFC 4568 section 6.3, each parameter as it may come, and with the mark of what may be passed over.
TEST(SessionParameters, WhatWeakensTheStreamIsRefused) {
  EXPECT_EQ(with("UNENCRYPTED_SRTP"), "it asks for unencrypted SRTP");
  EXPECT_EQ(with("UNENCRYPTED_SRTCP"), "it asks for unencrypted SRTCP");
  EXPECT_EQ(with("UNAUTHENTICATED_SRTP"), "it asks for unauthenticated SRTP");
  EXPECT_EQ(with("unauthenticated_srtp"), "it asks for unauthenticated SRTP");
  EXPECT_EQ(with("WSH=64 UNENCRYPTED_SRTP"), "it asks for unencrypted SRTP");
  EXPECT_EQ(with("-LATER UNENCRYPTED_SRTCP"), "it asks for unencrypted SRTCP");
}

TEST(SessionParameters, WhatIsNotDoneHereIsRefused) {
  for (const char* rate : {"KDR=0", "KDR=1", "KDR=24", "KDR=25", "KDR", "kdr=7"})
    EXPECT_EQ(with(rate), "it asks for a key derivation rate") << rate;
  for (const std::string& correction :
       {std::string("FEC_ORDER=FEC_SRTP"), std::string("FEC_ORDER=SRTP_FEC"), "FEC_KEY=inline:" + key30})
    EXPECT_EQ(with(correction), "it asks for forward error correction") << correction;
}

TEST(SessionParameters, TheWindowHintIsTakenFrom64On) {
  for (const char* good : {"WSH=64", "WSH=128", "wsh=1000000"})
    EXPECT_EQ(with(good), "usable") << good;
  for (const char* wrong : {"WSH=63", "WSH=0", "WSH", "WSH=", "WSH=064", "WSH=x", "WSH=4294967296"})
    EXPECT_THAT(with(wrong), HasSubstr("window size")) << wrong;
}

TEST(SessionParameters, UnknownOnesAreMandatoryWithoutADash) {
  for (const char* unknown : {"LATER", "LATER=1", "UNENCRYPTED_SRTPX", "UNENCRYPTED_SRTP=0", "-", "=", "ENCRYPTED"})
    EXPECT_THAT(with(unknown), HasSubstr("not known")) << unknown;
  for (const char* passed : {"-LATER", "-LATER=1", "-LATER -WSH=1", "--", "-UNENCRYPTED_SRTP"})
    EXPECT_EQ(with(passed), "usable") << passed;
}

TEST(SessionParameters, NothingWeakIsEverAnswered) {
  const auto made =
      make_answer(description({"1 " + cm80 + " inline:" + key30 + " -UNENCRYPTED_SRTP -LATER=1 WSH=64"}), local_with());
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->answer.media.front().crypto.front().session_parameters, "");
}

TEST(Keys, EachFieldIsHeldAgainstTheRules) {
  EXPECT_EQ(after_key(""), "usable");
  EXPECT_EQ(after_key("|2^48"), "usable");
  EXPECT_EQ(after_key("|4096|1:4"), "usable");
  EXPECT_EQ(after_key("|1:4"), "usable");
  EXPECT_THAT(after_key("|4095"), HasSubstr("too short"));
  EXPECT_THAT(after_key("|2^49"), HasSubstr("lifetime is not valid"));
  EXPECT_THAT(after_key("|abc"), HasSubstr("lifetime is not valid"));
  EXPECT_THAT(after_key("|2^20|0:4"), HasSubstr("identifier is not valid"));
  EXPECT_THAT(after_key("|1:129"), HasSubstr("identifier is not valid"));
  for (const char* malformed : {"|1:4|2^20", "|2^20|2^21", "|1:4|1:4", "|2^20|1:4|x"})
    EXPECT_THAT(after_key(malformed), HasSubstr("length that the suite needs")) << malformed;
  EXPECT_THAT(refusal("uri:" + key30), HasSubstr("length"));
  EXPECT_THAT(refusal("inline:" + key30 + "AAAA"), HasSubstr("length"));
  EXPECT_THAT(refusal("inline:@@@@"), HasSubstr("length"));
}

TEST(Keys, SeveralNeedIdentifiersOfOneLength) {
  const auto two = [](const std::string& first, const std::string& second) {
    return refusal("inline:" + key30 + first + ";inline:" + other30 + second);
  };
  EXPECT_EQ(two("|2^20|1:4", "|2^20|2:4"), "usable");
  EXPECT_EQ(two("|1:4", "|2^31|2:4"), "usable");
  EXPECT_THAT(two("", ""), HasSubstr("of one length"));
  EXPECT_THAT(two("|1:4", ""), HasSubstr("of one length"));
  EXPECT_THAT(two("", "|1:4"), HasSubstr("of one length"));
  EXPECT_THAT(two("|1:4", "|2:3"), HasSubstr("of one length"));
  EXPECT_THAT(two("|1:4", "|1:4"), HasSubstr("same identifier"));
  EXPECT_THAT(two("|1:4", "|4095|2:4"), HasSubstr("too short"));
  EXPECT_THAT(refusal("inline:" + key30 + "|1:4;inline:AAAA|2:4"), HasSubstr("length that the suite needs"));
  EXPECT_THAT(refusal("inline:" + key30 + "|1:4;"), "usable");
  std::string many = "inline:" + key30 + "|1:4";
  for (std::size_t i = 2; i <= limits::srtp_master_keys + 1; ++i)
    many += fmt::format(";inline:{}|{}:4", key30, i);
  EXPECT_NE(refusal(many), "usable");
}

TEST(Keys, ComeBackAsTheyWere) {
  const std::string value = fmt::format("7 {} inline:{}|2^20|1:4;inline:{}|2^20|2:4 WSH=64", cm80, key30, other30);
  const auto read = parse_crypto(value);
  ASSERT_TRUE(read);
  EXPECT_EQ(print_crypto(*read), value);
  ASSERT_EQ(read->more_keys.size(), 1u);
  EXPECT_EQ(read->more_keys.front().mki, "2:4");
}

TEST(Choice, SuitesAreWrittenInAnyCase) {
  const auto made = make_answer(description({"1 aes_cm_128_hmac_sha1_80 inline:" + key30}), local_with());
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->agreed.suite, cm80);
  EXPECT_EQ(made->answer.media.front().crypto.front().suite, "aes_cm_128_hmac_sha1_80");
}

TEST(Choice, ATagThatIsThereTwiceChoosesNothing) {
  const auto made =
      make_answer(description({"1 " + cm80 + " inline:" + key30, "1 " + cm80 + " inline:" + other30}), local_with());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().what, HasSubstr("its tag is there twice"));
}

TEST(Choice, ThereIsALimitOfAttributes) {
  std::string text =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5000 RTP/SAVP 0\r\n";
  for (std::size_t i = 1; i <= limits::sdp_crypto_attributes; ++i)
    text += fmt::format("a=crypto:{} {} inline:{}\r\n", i, cm80, key30);
  EXPECT_TRUE(parse(text));
  EXPECT_FALSE(parse(text + fmt::format("a=crypto:99 {} inline:{}\r\n", cm80, key30)));
}

TEST(Answer, TakesTheLengthOfTheIdentifierAndTheLifetime) {
  const auto offer = description({fmt::format("1 {} inline:{}|2^31|17:2;inline:{}|2^20|18:2", cm80, key30, other30)});
  const auto first = make_answer(offer, local_with(1)), second = make_answer(offer, local_with(2));
  ASSERT_TRUE(first && second);
  EXPECT_THAT(first->agreed.remote_mki, ElementsAre(0, 17));
  ASSERT_EQ(first->agreed.more_remote_keys.size(), 1u);
  EXPECT_THAT(first->agreed.more_remote_keys.front().mki, ElementsAre(0, 18));
  EXPECT_EQ(first->agreed.more_remote_keys.front().key_and_salt.reveal()[0], 0x04) << "BBBB is 04 10 41";
  EXPECT_EQ(first->agreed.lifetime, 1u << 20);
  EXPECT_EQ(first->answer.media.front().crypto.front().lifetime, "1048576");
  EXPECT_THAT(first->agreed.local_mki, ElementsAre(0, 2));
  EXPECT_EQ(first->answer.media.front().crypto.front().mki, "2:2");
  EXPECT_NE(first->agreed.local_mki, second->agreed.local_mki) << "another key, another name";
  for (std::uint64_t version = 0; version < 600; ++version)
    ASSERT_NE(make_answer(offer, local_with(version))->agreed.local_mki, (Identifier{0, 0}));
}

TEST(Answer, HasNeitherWhenTheOfferHasNot) {
  const auto made = make_answer(description({"1 " + cm80 + " inline:" + key30}), local_with());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->agreed.lifetime, 0u);
  EXPECT_TRUE(made->agreed.local_mki.empty() && made->agreed.remote_mki.empty());
  EXPECT_EQ(print_crypto(made->answer.media.front().crypto.front()).find('|'), std::string::npos);
}

TEST(Answer, OfThePeerMayNameItsOwnKeys) {
  const auto offer = make_offer(local_with());
  const auto agreed =
      apply_answer(offer, description({fmt::format("1 {} inline:{}|2^20|1:4;inline:{}|2:4", cm80, key30, other30)}));
  ASSERT_TRUE(agreed) << agreed.error().text();
  EXPECT_TRUE(agreed->local_mki.empty()) << "our offer named none";
  EXPECT_THAT(agreed->remote_mki, ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(agreed->more_remote_keys.size(), 1u);
  EXPECT_EQ(agreed->lifetime, 1u << 20);
}

// Whatever the other side says, in an offer or in an answer: nothing less than what the leg demands is ever agreed on.
TEST(Policy, AnEncryptedLegAgreesToNothingElse) {
  const std::string good = "1 " + cm80 + " inline:" + key30;
  struct Case {
    std::vector<std::string> crypto;
    const char* profile;
  };
  const std::vector<Case> weak{{{}, "RTP/AVP"},
                               {{}, "RTP/AVPF"},
                               {{}, "RTP/SAVP"},
                               {{good}, "RTP/AVP"},
                               {{good}, "RTP/AVPF"},
                               {{good + " UNENCRYPTED_SRTP"}, "RTP/SAVP"},
                               {{good + " UNENCRYPTED_SRTCP"}, "RTP/SAVP"},
                               {{good + " UNAUTHENTICATED_SRTP"}, "RTP/SAVP"},
                               {{"1 NULL_HMAC_SHA1_80 inline:" + key30}, "RTP/SAVP"},
                               {{"1 AES_CM_128_NULL_AUTH inline:" + key30}, "RTP/SAVP"},
                               {{"1 AES_CM_128_HMAC_SHA1_32 inline:" + key30}, "RTP/SAVP"}};
  const auto ours = make_offer(local_with());
  for (const Case& one : weak) {
    const auto theirs = description(one.crypto, one.profile);
    const std::string what = fmt::format("{} {}", one.profile, fmt::join(one.crypto, ", "));
    EXPECT_FALSE(make_answer(theirs, local_with())) << what;
    EXPECT_FALSE(apply_answer(ours, theirs)) << what;
  }
  EXPECT_TRUE(make_answer(description({good}), local_with()));
  EXPECT_TRUE(apply_answer(ours, description({good})));
}

TEST(Policy, TheOrderOfSuitesIsOurs) {
  const std::vector<std::string> offered{"1 AES_CM_128_HMAC_SHA1_32 inline:" + key30, "2 " + cm80 + " inline:" + key30,
                                         "3 AES_256_CM_HMAC_SHA1_80 inline:" + std::string(61, 'A') + "A=="};
  const auto chosen = [&](std::vector<std::string> suites) {
    Local local = local_with();
    local.suites = std::move(suites);
    const auto made = make_answer(description(offered), local);
    return made ? made->agreed.suite : made.error().what;
  };
  EXPECT_EQ(chosen({"AES_256_CM_HMAC_SHA1_80", cm80}), "AES_256_CM_HMAC_SHA1_80");
  EXPECT_EQ(chosen({cm80, "AES_256_CM_HMAC_SHA1_80"}), cm80);
  EXPECT_EQ(chosen({"AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_32"}), "AES_CM_128_HMAC_SHA1_32");
}

}  // namespace
}  // namespace ringwall::sdp
