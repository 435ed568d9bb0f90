#include "media/codec/g711.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

namespace ringwall::media {
namespace {

// Decision points from the tables of ITU-T G.711, scaled to 16 bits.
TEST(G711, KnownValues) {
  EXPECT_EQ(encode_sample(Codec::pcmu, 0), 0xff);
  EXPECT_EQ(encode_sample(Codec::pcmu, 32'767), 0x80);
  EXPECT_EQ(encode_sample(Codec::pcmu, -32'768), 0x00);
  EXPECT_EQ(decode_sample(Codec::pcmu, 0x00), -32'124);
  EXPECT_EQ(decode_sample(Codec::pcmu, 0x80), 32'124);
  EXPECT_EQ(decode_sample(Codec::pcmu, 0xff), 0);
  EXPECT_EQ(encode_sample(Codec::pcma, 0), 0xd5);
  EXPECT_EQ(encode_sample(Codec::pcma, -1), 0x55);
  EXPECT_EQ(encode_sample(Codec::pcma, 32'767), 0xaa);
  EXPECT_EQ(encode_sample(Codec::pcma, -32'768), 0x2a);
  EXPECT_EQ(decode_sample(Codec::pcma, 0xd5), 8);
  EXPECT_EQ(decode_sample(Codec::pcma, 0x2a), -32'256);
}

class Law : public ::testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(G711, Law, ::testing::Values(Codec::pcmu, Codec::pcma));

TEST_P(Law, DecodedCodesEncodeToThemselves) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    if (GetParam() == Codec::pcmu && byte == 0x7f) continue;  // minus zero
    EXPECT_EQ(encode_sample(GetParam(), decode_sample(GetParam(), byte)), byte);
  }
}

TEST_P(Law, ErrorStaysWithinHalfAStep) {
  for (int linear = -32'124; linear <= 32'124; linear += 7) {
    const int back = decode_sample(GetParam(), encode_sample(GetParam(), static_cast<std::int16_t>(linear)));
    EXPECT_LE(std::abs(back - linear), 16 + std::abs(linear) / 32) << linear;
  }
}

TEST(G711, TranscodesByWayOfLinear) {
  std::array<std::uint8_t, 256> codes;
  for (std::size_t i = 0; i < codes.size(); ++i)
    codes[i] = static_cast<std::uint8_t>(i);
  auto other = codes;
  transcode(Codec::pcmu, Codec::pcma, other);
  for (std::size_t i = 0; i < codes.size(); ++i)
    EXPECT_EQ(other[i], encode_sample(Codec::pcma, decode_sample(Codec::pcmu, codes[i])));
  auto same = codes;
  transcode(Codec::pcma, Codec::pcma, same);
  EXPECT_EQ(same, codes);
}

}  // namespace
}  // namespace ringwall::media
