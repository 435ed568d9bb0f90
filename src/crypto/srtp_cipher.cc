// The low-level SHA-1 functions are the only way in OpenSSL 3.0 to start from a saved state without an allocation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/srtp_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace ringwall::crypto {
namespace {

/// Fetched once for the process: an implicit fetch at every key set-up costs more than the key set-up.
const EVP_CIPHER* cipher(const char* name) {
  const EVP_CIPHER* found = EVP_CIPHER_fetch(nullptr, name, nullptr);
  CHECK(found != nullptr);
  return found;
}
const EVP_CIPHER* gcm(std::size_t key_bytes) {
  static const EVP_CIPHER* const aes_128 = cipher("AES-128-GCM");
  static const EVP_CIPHER* const aes_256 = cipher("AES-256-GCM");
  CHECK(key_bytes == 16 || key_bytes == 32);
  return key_bytes == 16 ? aes_128 : aes_256;
}
const EVP_CIPHER* counter(std::size_t key_bytes) {
  static const EVP_CIPHER* const aes_128 = cipher("AES-128-CTR");
  static const EVP_CIPHER* const aes_192 = cipher("AES-192-CTR");
  static const EVP_CIPHER* const aes_256 = cipher("AES-256-CTR");
  CHECK(key_bytes == 16 || key_bytes == 24 || key_bytes == 32);
  return key_bytes == 16 ? aes_128 : key_bytes == 24 ? aes_192 : aes_256;
}

int length(std::size_t bytes) {
  return static_cast<int>(bytes);
}

}  // namespace

void FreeSrtpCipher::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

AesGcm::AesGcm(Bytes key, Direction direction) : context_(EVP_CIPHER_CTX_new()) {
  CHECK(context_ != nullptr);
  const int encrypt = direction == Direction::seal ? 1 : 0;
  CHECK(EVP_CipherInit_ex(context_.get(), gcm(key.size()), nullptr, key.data(), nullptr, encrypt) == 1);
}

void AesGcm::begin(Bytes iv, Bytes associated_1, Bytes associated_2) {
  int done = 0;
  CHECK(iv.size() == 12);
  CHECK(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data(), -1) == 1);
  for (const Bytes associated : {associated_1, associated_2})
    if (!associated.empty())
      CHECK(EVP_CipherUpdate(context_.get(), nullptr, &done, associated.data(), length(associated.size())) == 1);
}

void AesGcm::seal(Bytes iv, Bytes associated_1, Bytes associated_2, MutableBytes data, std::uint8_t* tag) {
  begin(iv, associated_1, associated_2);
  int done = 0;
  if (!data.empty())
    CHECK(EVP_EncryptUpdate(context_.get(), data.data(), &done, data.data(), length(data.size())) == 1);
  std::uint8_t rest[16];
  CHECK(EVP_EncryptFinal_ex(context_.get(), rest, &done) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, length(tag_bytes), tag) == 1);
}

bool AesGcm::open(Bytes iv, Bytes associated_1, Bytes associated_2, MutableBytes data, const std::uint8_t* tag) {
  begin(iv, associated_1, associated_2);
  int done = 0;
  if (!data.empty())
    CHECK(EVP_DecryptUpdate(context_.get(), data.data(), &done, data.data(), length(data.size())) == 1);
  std::array<std::uint8_t, tag_bytes> expected;
  std::copy_n(tag, tag_bytes, expected.begin());
  CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, length(tag_bytes), expected.data()) == 1);
  std::uint8_t rest[16];
  return EVP_DecryptFinal_ex(context_.get(), rest, &done) == 1;
}

AesCounter::AesCounter(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
  CHECK(context_ != nullptr);
  CHECK(EVP_EncryptInit_ex(context_.get(), counter(key.size()), nullptr, key.data(), nullptr) == 1);
}

void AesCounter::apply(const std::array<std::uint8_t, 16>& iv, MutableBytes data) {
  if (data.empty()) return;
  int done = 0;
  CHECK(EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data()) == 1);
  CHECK(EVP_EncryptUpdate(context_.get(), data.data(), &done, data.data(), length(data.size())) == 1);
}

namespace {

std::array<std::uint32_t, 5> state_behind_block(const std::array<std::uint8_t, SHA_CBLOCK>& block) {
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, block.data(), block.size());
  return {context.h0, context.h1, context.h2, context.h3, context.h4};
}

SHA_CTX resume(const std::array<std::uint32_t, 5>& state) {
  SHA_CTX context;
  SHA1_Init(&context);
  context.h0 = state[0];
  context.h1 = state[1];
  context.h2 = state[2];
  context.h3 = state[3];
  context.h4 = state[4];
  context.Nl = SHA_CBLOCK * 8;  // the length in bits so far: one block
  return context;
}

}  // namespace

SrtpHmacSha1::SrtpHmacSha1(Bytes key) {
  CHECK(key.size() <= SHA_CBLOCK);
  std::array<std::uint8_t, SHA_CBLOCK> inner, outer;
  inner.fill(0x36);
  outer.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  inner_ = state_behind_block(inner);
  outer_ = state_behind_block(outer);
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
}

SrtpHmacSha1::~SrtpHmacSha1() {
  OPENSSL_cleanse(inner_.data(), sizeof inner_);
  OPENSSL_cleanse(outer_.data(), sizeof outer_);
}

std::array<std::uint8_t, 20> SrtpHmacSha1::tag(Bytes first, Bytes second) const {
  std::array<std::uint8_t, 20> out;
  SHA_CTX context = resume(inner_);
  SHA1_Update(&context, first.data(), first.size());
  SHA1_Update(&context, second.data(), second.size());
  SHA1_Final(out.data(), &context);
  context = resume(outer_);
  SHA1_Update(&context, out.data(), out.size());
  SHA1_Final(out.data(), &context);
  return out;
}

void srtp_derive(Bytes master_key, Bytes master_salt, std::uint8_t label, std::uint64_t index_div_rate,
                 MutableBytes out) {
  CHECK(master_salt.size() == 12 || master_salt.size() == 14);
  std::array<std::uint8_t, 16> iv{};
  std::ranges::copy(master_salt, iv.begin());
  iv[7] ^= label;  // key_id = label || r, aligned to the right of the 112-bit salt
  for (std::size_t i = 0; i < 6; ++i)
    iv[13 - i] ^= static_cast<std::uint8_t>(index_div_rate >> (8 * i));
  std::ranges::fill(out, std::uint8_t{0});
  AesCounter(master_key).apply(iv, out);
  OPENSSL_cleanse(iv.data(), iv.size());
}

}  // namespace ringwall::crypto
