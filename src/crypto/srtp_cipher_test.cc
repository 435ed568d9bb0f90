#include "crypto/srtp_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

namespace ringwall::crypto {
namespace {

Buffer hex(std::string_view text) {
  Buffer out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

std::uint64_t number(std::string_view text) {
  return text.empty() ? 0 : std::stoull(std::string(text), nullptr, 16);
}

struct Vector {
  std::string key, salt, rate, index, label, output;
};

std::vector<Vector> vectors() {
  std::ifstream file(RINGWALL_SOURCE_DIR "/test/conformance/srtp-kdf/evpkdf_srtpkdf.txt");
  std::vector<Vector> out;
  Vector vector;
  const std::map<std::string, std::string Vector::*> fields{
      {"Ctrl.key = hexkey:", &Vector::key},    {"Ctrl.salt = hexsalt:", &Vector::salt},
      {"Ctrl.rate = hexrate:", &Vector::rate}, {"Ctrl.index = hexindex:", &Vector::index},
      {"Ctrl.label = label:", &Vector::label}, {"Output = ", &Vector::output}};
  for (std::string line; std::getline(file, line);)
    for (const auto& [prefix, field] : fields)
      if (line.starts_with(prefix)) {
        vector.*field = line.substr(prefix.size());
        if (field == &Vector::output) out.push_back(std::exchange(vector, {}));
      }
  return out;
}

TEST(SrtpDerive, AgreesWithSymCryptVectors) {
  const auto all = vectors();
  ASSERT_EQ(all.size(), 90u);
  const std::map<std::string, int> labels{{"encryption", 0}, {"authentication", 1}, {"salting", 2}};
  for (const Vector& vector : all) {
    const int label = labels.at(vector.label);
    const std::uint64_t rate = number(vector.rate), index = rate == 0 ? 0 : number(vector.index) / rate;
    Buffer out(vector.output.size() / 2);
    if (vector.index.size() == 12) {
      srtp_derive(hex(vector.key), hex(vector.salt), static_cast<std::uint8_t>(label), index, out);
    } else {
      // For SRTCP the vectors take key_id as the label before an index of 32 bits, where everything in the field has 48
      // (the tests against libsrtp2 hold us to that): the label stands 16 bits further to the right.
      const std::uint64_t key_id = static_cast<std::uint64_t>(label + 3) << 32 | index;
      srtp_derive(hex(vector.key), hex(vector.salt), 0, key_id, out);
    }
    EXPECT_EQ(out, hex(vector.output)) << vector.key << ' ' << vector.label << ' ' << vector.rate;
  }
}

TEST(SrtpDerive, Rfc3711AppendixB3) {
  const Buffer key = hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt = hex("0EC675AD498AFEEBB6960B3AABE6");
  Buffer cipher(16), auth(20), session_salt(14);
  srtp_derive(key, salt, 0, 0, cipher);
  srtp_derive(key, salt, 1, 0, auth);
  srtp_derive(key, salt, 2, 0, session_salt);
  EXPECT_EQ(cipher, hex("C61E7A93744F39EE10734AFE3FF7A087"));
  EXPECT_EQ(auth, hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
  EXPECT_EQ(session_salt, hex("30CBBC08863D8C85D49DB34A9AE1"));
}

TEST(AesCounter, Rfc3711AppendixB2) {
  AesCounter cipher(hex("2B7E151628AED2A6ABF7158809CF4F3C"));
  const Buffer iv = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
  std::array<std::uint8_t, 16> start;
  std::ranges::copy(iv, start.begin());
  Buffer stream(48);
  cipher.apply(start, stream);
  EXPECT_EQ(stream,
            hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"));
  cipher.apply(start, stream);  // the same stream again: the context was put back
  EXPECT_EQ(stream, Buffer(48));
}

TEST(SrtpHmacSha1, Rfc2202) {
  const SrtpHmacSha1 hmac(Buffer(20, 0x0b));
  const auto whole = hmac.tag(as_bytes("Hi There"), {}), pieces = hmac.tag(as_bytes("Hi "), as_bytes("There"));
  EXPECT_EQ(Buffer(whole.begin(), whole.end()), hex("b617318655057264e28bc0b6fb378c8ef146be00"));
  EXPECT_EQ(whole, pieces);
}

TEST(AesGcm, OpensWhatItSealedAndNothingElse) {
  for (const std::size_t size : {16u, 32u}) {
    const Buffer key(size, 0x42), iv(12, 7);
    AesGcm seal(key, AesGcm::Direction::seal), open(key, AesGcm::Direction::open);
    for (int round = 0; round < 3; ++round) {
      Buffer data = to_buffer(as_bytes("forty-two bytes of speech"));
      std::array<std::uint8_t, AesGcm::tag_bytes> tag;
      seal.seal(iv, as_bytes("head"), as_bytes("er"), data, tag.data());
      EXPECT_NE(as_text(data), "forty-two bytes of speech");
      Buffer forged = data;
      forged[3] ^= 1;
      EXPECT_FALSE(open.open(iv, as_bytes("header"), {}, forged, tag.data()));
      Buffer wrong_header = data;
      EXPECT_FALSE(open.open(iv, as_bytes("heaDer"), {}, wrong_header, tag.data()));
      EXPECT_TRUE(open.open(iv, as_bytes("header"), {}, data, tag.data()));
      EXPECT_EQ(as_text(data), "forty-two bytes of speech");
    }
  }
}

}  // namespace
}  // namespace ringwall::crypto
