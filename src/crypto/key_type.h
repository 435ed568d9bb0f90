#pragma once

#include <openssl/evp.h>

#include <string>

/// Questions to an OpenSSL key, private or public. For crypto/ alone.
namespace ringwall::crypto {

/// "EC P-256", "RSA 2048", "Ed25519"; the OpenSSL name for any other kind.
std::string key_type_text(const EVP_PKEY* key);

/// The digest that this project signs with for the key: nullptr for Ed25519, which brings its own.
const EVP_MD* signature_digest(const EVP_PKEY* key);

}  // namespace ringwall::crypto
