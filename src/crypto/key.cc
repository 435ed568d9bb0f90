#include "crypto/key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <climits>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/key_type.h"
#include "crypto/openssl_ptr.h"

namespace ringwall::crypto {
namespace {

struct KeyWord {
  KeyType type;
  std::string_view word;
};
constexpr std::array key_words{KeyWord{KeyType::p256, "p256"},       KeyWord{KeyType::p384, "p384"},
                               KeyWord{KeyType::rsa2048, "rsa2048"}, KeyWord{KeyType::rsa3072, "rsa3072"},
                               KeyWord{KeyType::rsa4096, "rsa4096"}, KeyWord{KeyType::ed25519, "ed25519"}};

EVP_PKEY* make_key(KeyType type) {
  switch (type) {
    case KeyType::p256:
      return EVP_EC_gen("P-256");
    case KeyType::p384:
      return EVP_EC_gen("P-384");
    case KeyType::rsa2048:
      return EVP_RSA_gen(2048);
    case KeyType::rsa3072:
      return EVP_RSA_gen(3072);
    case KeyType::rsa4096:
      return EVP_RSA_gen(4096);
    case KeyType::ed25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

std::shared_ptr<EVP_PKEY> share(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

/// Kinds that can sign for TLS and are not too short to be worth anything.
bool usable(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= 2048;
    case EVP_PKEY_EC:
      return EVP_PKEY_get_bits(key) >= 256;
    default:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
  }
}

/// An encrypted key must fail, not ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

std::string_view print(KeyType type) {
  for (const auto& known : key_words)
    if (known.type == type) return known.word;
  return "unknown";
}

std::optional<KeyType> parse_key_type(std::string_view text) {
  for (const auto& known : key_words)
    if (known.word == text) return known.type;
  return std::nullopt;
}

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  auto key = share(make_key(type));
  if (!key) return fail(fmt::format("a key of type {} could not be made: {}", print(type), take_openssl_reasons()));
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(const Secret& pem, std::string where) {
  constexpr auto* mend = "give the key as PEM without a passphrase, beginning with -----BEGIN PRIVATE KEY-----";
  if (pem.empty()) return fail("the key file is empty", std::move(where), mend);
  if (pem.size() > limits::certificate_file_bytes) return fail("the key file is too large", std::move(where), mend);
  const BioPtr bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.size())));
  CHECK(bio != nullptr);
  auto key = share(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return fail("no usable private key: " + take_openssl_reasons(), std::move(where), mend);
  if (!usable(key.get()))
    return fail(fmt::format("a private key of type {} cannot be used", key_type_text(key.get())), std::move(where),
                "use an EC key of 256 bits or more, an RSA key of 2048 bits or more, or an Ed25519 key");
  const EvpKeyContextPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (!context || EVP_PKEY_pairwise_check(context.get()) != 1)
    return fail("the private key is broken: " + take_openssl_reasons(), std::move(where), "make a new key");
  return PrivateKey(std::move(key));
}

Secret PrivateKey::pem() const {
  // A secure-heap BIO clears what it frees.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return Secret(std::string_view(text, static_cast<std::size_t>(size)));
}

Buffer PrivateKey::public_der() const {
  const int size = i2d_PUBKEY(key_.get(), nullptr);
  CHECK(size > 0);
  Buffer out(static_cast<std::size_t>(size));
  auto* at = out.data();
  CHECK(i2d_PUBKEY(key_.get(), &at) == size);
  return out;
}

std::string PrivateKey::type_text() const {
  return key_type_text(key_.get());
}

Buffer PrivateKey::sign(Bytes message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  CHECK(context && EVP_DigestSignInit(context.get(), nullptr, signature_digest(key_.get()), nullptr, key_.get()) == 1);
  std::size_t size = 0;
  CHECK(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1);
  Buffer out(size);
  CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
  out.resize(size);
  return out;
}

}  // namespace ringwall::crypto
