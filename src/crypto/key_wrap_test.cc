#include "crypto/key_wrap.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace ringwall::crypto {
namespace {

Secret key_of(std::string_view hex) {
  return Secret(*parse_hex(hex));
}

const char* const wrapping = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const char* const data = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f";

TEST(KeyWrap, TheVectorOfRfc3394Section46) {
  const auto wrapped = wrap_key(key_of(wrapping), key_of(data));
  EXPECT_EQ(print_hex(wrapped), "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
  const auto key = unwrap_key(key_of(wrapping), wrapped);
  ASSERT_TRUE(key);
  EXPECT_EQ(print_hex(key->reveal()), data);
}

TEST(KeyWrap, OnlyWhatWasWrappedWithThisKeyOpens) {
  auto wrapped = wrap_key(key_of(wrapping), key_of(data));
  EXPECT_FALSE(unwrap_key(key_of(data), wrapped));
  EXPECT_FALSE(unwrap_key(key_of(wrapping), Bytes(wrapped).first(39)));
  EXPECT_FALSE(unwrap_key(key_of(wrapping), {}));
  for (auto& byte : wrapped) {
    byte ^= 0x10;
    EXPECT_FALSE(unwrap_key(key_of(wrapping), wrapped));
    byte ^= 0x10;
  }
  EXPECT_TRUE(unwrap_key(key_of(wrapping), wrapped));
}

}  // namespace
}  // namespace ringwall::crypto
