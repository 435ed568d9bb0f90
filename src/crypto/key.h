#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY, so that this header does not bring OpenSSL along

namespace ringwall::crypto {

enum class KeyType : std::uint8_t { p256, p384, rsa2048, rsa3072, rsa4096, ed25519 };

/// The words of the command line: "p256", "p384", "rsa2048", "rsa3072", "rsa4096", "ed25519".
std::string_view print(KeyType type);
std::optional<KeyType> parse_key_type(std::string_view text);

/// A private key with its public half. Copies share one key, which is never changed and is wiped when the last copy
/// goes.
class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyType type);

  /// Reads the first private key of a PEM text (PKCS#8 or the older "EC"/"RSA PRIVATE KEY"); other PEM blocks are
  /// passed over. Encrypted keys are refused. `where` names the source in errors; an error never shows the text.
  static Result<PrivateKey> from_pem(const Secret& pem, std::string where = {});

  /// PKCS#8, not encrypted.
  [[nodiscard]] Secret pem() const;
  /// The public half, DER of SubjectPublicKeyInfo: two keys are the same if these are.
  [[nodiscard]] Buffer public_der() const;
  /// "EC P-256", "RSA 2048", "Ed25519".
  [[nodiscard]] std::string type_text() const;

  /// Signs with SHA-256 (P-256, RSA), SHA-384 (P-384) or the key's own scheme (Ed25519).
  [[nodiscard]] Buffer sign(Bytes message) const;

  /// For crypto/ and runtime/: stays owned by this object.
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace ringwall::crypto
