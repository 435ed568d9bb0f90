// The published packets of RFC 7714 sections 16 and 17, byte for byte. Their keys are session keys.
#include <gtest/gtest.h>

#include "media/srtp/srtp_for_test.h"

namespace ringwall::media {
namespace {

using namespace test;
using Kind = SrtpTransform::Kind;
using Use = SrtpTransform::Use;

const Buffer header = hex("8040f17b8041f8d35501a0b2");
const Buffer rtp_packet =
    hex("8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
const Buffer rtcp_packet =
    hex("81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef");
constexpr std::uint32_t rtcp_index = 0x5d4;

struct Vectors {
  Suite suite;
  std::string srtp, srtp_tag_alone;    // 16.x.1, 16.x.3
  std::string srtcp, srtcp_tag_alone;  // 17.1 and 17.2, 17.3 and 17.4
};

const std::vector<Vectors> all{
    {Suite::aead_aes_128_gcm,
     "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb1"
     "6a9152cf765ee4390cce",
     "22493f82d2bce397e9d79e3b19aa4216",
     "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa458"
     "96cf4d2fc5abf87245d9eade800005d4",
     "841dd9683dd78ec92ae58790125f62b3"},
    {Suite::aead_aes_256_gcm,
     "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfff"
     "d6b0f9bb7878d7a76c13",
     "a866d5910f887463067ceefec45215d4",
     "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c"
     "4446839f57ff6f6cb26ac3be800005d4",
     "91db4afbfeee5a978fab4393ed2615fe"}};

Buffer cipher_key(Suite suite) {
  Buffer key(lengths(suite).key);
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i);
  return key;
}

SrtpTransform transform(Suite suite, Kind kind, Use use) {
  const SessionKeys keys{Secret(cipher_key(suite)), Secret(std::string_view("Quid pro quo")), {}};
  return {suite, keys, kind, use};
}

TEST(Rfc7714, Section16ProtectsAndUnprotects) {
  for (const Vectors& vectors : all) {
    Buffer packet = rtp_packet;
    packet.resize(packet.size() + srtp_expansion);
    packet.resize(transform(vectors.suite, Kind::rtp, Use::protect)
                      .protect_rtp(packet, rtp_packet.size(), header.size(), 0x5501a0b2, 0xf17b));
    EXPECT_EQ(packet, hex(vectors.srtp)) << print(vectors.suite);
    const auto size =
        transform(vectors.suite, Kind::rtp, Use::unprotect).unprotect_rtp(packet, header.size(), 0x5501a0b2, 0xf17b);
    ASSERT_TRUE(size);
    packet.resize(*size);
    EXPECT_EQ(packet, rtp_packet);
  }
}

TEST(Rfc7714, Section17ProtectsAndUnprotects) {
  for (const Vectors& vectors : all) {
    Buffer packet = rtcp_packet;
    packet.resize(packet.size() + srtp_expansion);
    packet.resize(transform(vectors.suite, Kind::rtcp, Use::protect)
                      .protect_rtcp(packet, rtcp_packet.size(), 0x4d617273, rtcp_index));
    EXPECT_EQ(packet, hex(vectors.srtcp)) << print(vectors.suite);
    const auto size = transform(vectors.suite, Kind::rtcp, Use::unprotect).unprotect_rtcp(packet, 0x4d617273);
    ASSERT_TRUE(size);
    packet.resize(*size);
    EXPECT_EQ(packet, rtcp_packet);
  }
}

TEST(Rfc7714, SectionsWithTheTagAlone) {
  for (const Vectors& vectors : all) {
    const Buffer iv = hex("51753c6580c2726f20718414");
    std::array<std::uint8_t, crypto::AesGcm::tag_bytes> tag;
    crypto::AesGcm seal(cipher_key(vectors.suite), crypto::AesGcm::Direction::seal);
    seal.seal(iv, rtp_packet, {}, {}, tag.data());
    EXPECT_EQ(Buffer(tag.begin(), tag.end()), hex(vectors.srtp_tag_alone)) << print(vectors.suite);

    Buffer packet = rtcp_packet, forged = rtcp_packet;
    forged.back() ^= 1;
    for (Buffer* each : {&packet, &forged}) {
      std::ranges::copy(hex(vectors.srtcp_tag_alone), std::back_inserter(*each));
      std::ranges::copy(hex("000005d4"), std::back_inserter(*each));
    }
    SrtpTransform unprotect = transform(vectors.suite, Kind::rtcp, Use::unprotect);
    EXPECT_EQ(unprotect.unprotect_rtcp(packet, 0x4d617273), rtcp_packet.size());
    EXPECT_EQ(unprotect.unprotect_rtcp(forged, 0x4d617273), std::nullopt);
  }
}

}  // namespace
}  // namespace ringwall::media
