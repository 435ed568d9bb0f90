#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

struct evp_cipher_ctx_st;

/// The ciphers of SRTP over OpenSSL with everything that depends on the key kept, so that a packet costs no allocation
/// and no key schedule. One object belongs to one thread.
namespace ringwall::crypto {

struct FreeSrtpCipher {
  void operator()(evp_cipher_ctx_st* context) const;
};
using SrtpCipherContext = std::unique_ptr<evp_cipher_ctx_st, FreeSrtpCipher>;

/// AES-GCM with 96-bit IVs and 128-bit tags (RFC 7714). The key has 16 or 32 bytes.
class AesGcm {
 public:
  static constexpr std::size_t tag_bytes = 16;
  enum class Direction { seal, open };

  AesGcm(Bytes key, Direction direction);

  /// Encrypts `data` in place and writes `tag_bytes` behind it; the two pieces of associated data are taken as one.
  void seal(Bytes iv, Bytes associated_1, Bytes associated_2, MutableBytes data, std::uint8_t* tag);
  /// Decrypts `data` in place. False if the tag is wrong: `data` is garbage then.
  [[nodiscard]] bool open(Bytes iv, Bytes associated_1, Bytes associated_2, MutableBytes data, const std::uint8_t* tag);

 private:
  void begin(Bytes iv, Bytes associated_1, Bytes associated_2);
  SrtpCipherContext context_;
};

/// AES in counter mode (RFC 3711 section 4.1.1). The key has 16, 24 (RFC 6188) or 32 bytes.
class AesCounter {
 public:
  explicit AesCounter(Bytes key);
  /// Encrypts or decrypts in place.
  void apply(const std::array<std::uint8_t, 16>& iv, MutableBytes data);

 private:
  SrtpCipherContext context_;
};

/// HMAC-SHA1 (RFC 2104) that starts from the saved states behind the two key blocks.
class SrtpHmacSha1 {
 public:
  explicit SrtpHmacSha1(Bytes key);
  SrtpHmacSha1(const SrtpHmacSha1&) = default;
  SrtpHmacSha1& operator=(const SrtpHmacSha1&) = default;
  ~SrtpHmacSha1();

  /// The tag over the two pieces taken as one.
  [[nodiscard]] std::array<std::uint8_t, 20> tag(Bytes first, Bytes second) const;

 private:
  using State = std::array<std::uint32_t, 5>;
  State inner_, outer_;
};

/// The pseudo-random function AES-CM PRF of RFC 3711 section 4.3.3 (RFC 7714 section 11 for 12-byte salts): fills `out`
/// for `label`, where `index_div_rate` is the packet index DIV the key derivation rate (0 for a rate of 0).
void srtp_derive(Bytes master_key, Bytes master_salt, std::uint8_t label, std::uint64_t index_div_rate,
                 MutableBytes out);

}  // namespace ringwall::crypto
