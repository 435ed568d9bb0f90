#include "runtime/tls_ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/random.h"

namespace ringwall::runtime {
namespace {

using SharedKeys = std::shared_ptr<TicketKeys>;

void free_keys(void*, void* value, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<SharedKeys*>(value);
}

int keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_keys);
  return index;
}

bool set_mac_key(EVP_MAC_CTX* mac, const TicketKeys::Key& key) {
  const Bytes bytes = key.mac_key.reveal();
  char digest[] = "SHA256";
  // The parameters take pointers to changeable memory, though they are only read.
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(bytes.data()), bytes.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/// OpenSSL's callback (SSL_CTX_set_tlsext_ticket_key_evp_cb): 1 goes on, 2 asks for a new ticket too, 0 for a full
/// handshake, -1 fails.
int choose_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int encrypt) {
  const auto* keys = static_cast<SharedKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_index()));
  if (keys == nullptr) return -1;
  const Time now = Clock::now();
  if (encrypt == 1) {
    const TicketKeys::Key& key = (*keys)->current(now);
    std::ranges::copy(key.name, name);
    crypto::random_bytes({iv, static_cast<std::size_t>(EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()))});
    const bool ready = EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher_key.reveal().data(), iv) == 1;
    return ready && set_mac_key(mac, key) ? 1 : -1;
  }
  const TicketKeys::Key* key = (*keys)->find({name, 16}, now);
  if (key == nullptr) return 0;
  const bool ready = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher_key.reveal().data(), iv) == 1;
  if (!ready || !set_mac_key(mac, *key)) return -1;
  // In TLS 1.3 each ticket serves once (RFC 8446 appendix C.4): a resumed connection gets its next one.
  const bool renew = SSL_version(ssl) == TLS1_3_VERSION || key != &(*keys)->current(now);
  return renew ? 2 : 1;
}

}  // namespace

void TicketKeys::forget_old(Time now) {
  while (!keys_.empty() && now - keys_.back().made >= 2 * lifetime_)
    keys_.pop_back();
}

const TicketKeys::Key& TicketKeys::current(Time now) {
  if (keys_.empty() || now - keys_.front().made >= lifetime_) {
    Key key{{}, crypto::random_key(32), crypto::random_key(32), now};
    crypto::random_bytes(key.name);
    keys_.push_front(std::move(key));
  }
  forget_old(now);
  return keys_.front();
}

const TicketKeys::Key* TicketKeys::find(Bytes name, Time now) {
  (void)current(now);  // an old key stays the second one at most
  for (const Key& key : keys_)
    if (std::ranges::equal(key.name, name)) return &key;
  return nullptr;
}

void use_ticket_keys(SSL_CTX* context, std::shared_ptr<TicketKeys> keys) {
  auto held = std::make_unique<SharedKeys>(std::move(keys));
  CHECK(SSL_CTX_set_ex_data(context, keys_index(), held.get()) == 1);
  (void)held.release();  // free_keys() has it
  CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, choose_key) == 1);
}

}  // namespace ringwall::runtime
