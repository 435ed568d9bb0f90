#include "crypto/key_wrap.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

CipherContextPtr new_context() {
  CipherContextPtr context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  return context;
}

}  // namespace

std::array<std::uint8_t, wrapped_key_bytes> wrap_key(const Secret& wrapping_key, const Secret& key) {
  CHECK(wrapping_key.size() == WrappingKey::bytes && key.size() == WrappingKey::bytes);
  const auto context = new_context();
  std::array<std::uint8_t, wrapped_key_bytes> out;
  int size = 0;
  CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping_key.reveal().data(), nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), out.data(), &size, key.reveal().data(), static_cast<int>(key.size())) == 1);
  CHECK(size == static_cast<int>(out.size()));
  return out;
}

std::optional<Secret> unwrap_key(const Secret& wrapping_key, Bytes wrapped) {
  CHECK(wrapping_key.size() == WrappingKey::bytes);
  if (wrapped.size() != wrapped_key_bytes) return std::nullopt;
  const auto context = new_context();
  Secret out{Buffer(wrapped_key_bytes)};  // OpenSSL asks for room for the whole input
  int size = 0;
  CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping_key.reveal().data(), nullptr) == 1);
  const int done = EVP_DecryptUpdate(context.get(), out.reveal_mutable().data(), &size, wrapped.data(),
                                     static_cast<int>(wrapped.size()));
  if (done != 1 || size != static_cast<int>(WrappingKey::bytes)) {
    (void)take_openssl_reasons();
    return std::nullopt;
  }
  return Secret(out.reveal().first(WrappingKey::bytes));
}

}  // namespace ringwall::crypto
