#include "crypto/sealed.h"

#include <openssl/evp.h>

#include <climits>

#include "base/check.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

constexpr std::size_t nonce_size = std::tuple_size_v<SealNonce>, tag_size = 16;

}  // namespace

Buffer seal(const Secret& key, const SealNonce& nonce, Bytes plain) {
  CHECK(key.size() == seal_key_size && plain.size() < INT_MAX);
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  Buffer out(nonce_size + plain.size() + tag_size);
  std::copy(nonce.begin(), nonce.end(), out.begin());
  int size = 0;
  CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.reveal().data(), nonce.data()) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), out.data() + nonce_size, &size, plain.data(),
                          static_cast<int>(plain.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), out.data() + nonce_size + size, &size) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out.data() + nonce_size + plain.size()) ==
        1);
  return out;
}

std::optional<Buffer> unseal(const Secret& key, Bytes sealed) {
  CHECK(key.size() == seal_key_size);
  if (sealed.size() < nonce_size + tag_size || sealed.size() >= INT_MAX) return std::nullopt;
  const Bytes cipher = sealed.subspan(nonce_size, sealed.size() - nonce_size - tag_size);
  Buffer tag = to_buffer(sealed.last(tag_size));
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  Buffer out(cipher.size());
  int size = 0;
  CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.reveal().data(), sealed.data()) == 1);
  CHECK(EVP_DecryptUpdate(context.get(), out.data(), &size, cipher.data(), static_cast<int>(cipher.size())) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), out.data() + size, &size) != 1) return std::nullopt;
  return out;
}

}  // namespace ringwall::crypto
