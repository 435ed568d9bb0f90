#pragma once

#include <array>
#include <optional>

#include "base/secret.h"
#include "crypto/srtp_cipher.h"
#include "media/srtp/suite.h"

namespace ringwall::media {

/// What the cipher works with (RFC 3711 section 4.3).
struct SessionKeys {
  Secret cipher;
  Secret salt;
  Secret authentication;  ///< empty for AEAD
};

/// The cryptographic half of SRTP: what happens to a packet whose index is known. One master key, one direction, RTP or
/// RTCP (they have different session keys). Layouts (header || payload is what goes in):
///
///   SRTP   AEAD: header | ciphertext | tag          CM: header | ciphertext | tag
///   SRTCP  AEAD: header | ciphertext | tag | E,index  CM: header | ciphertext | E,index | tag
class SrtpTransform {
 public:
  enum class Use { protect, unprotect };
  enum class Kind : std::uint8_t { rtp = 0, rtcp = 3 };  ///< the first label of RFC 3711 section 4.3.1

  /// `key_and_salt` must have the length of the suite.
  SrtpTransform(Suite suite, Bytes key_and_salt, Kind kind, Use use);
  /// With session keys that are there already, each of the length of the suite.
  SrtpTransform(Suite suite, const SessionKeys& keys, Kind kind, Use use);

  /// Packets are changed in place. `index` is ROC || SEQ, 48 bits. Gives the new size; the buffer needs
  /// srtp_expansion bytes of room.
  std::size_t protect_rtp(MutableBytes buffer, std::size_t size, std::size_t header, std::uint32_t ssrc,
                          std::uint64_t index);
  /// Gives the plain size, or nothing if the tag is wrong: the payload is garbage then if the suite is AEAD.
  std::optional<std::size_t> unprotect_rtp(MutableBytes packet, std::size_t header, std::uint32_t ssrc,
                                           std::uint64_t index);

  /// `index` is the 31-bit SRTCP index; the packet leaves encrypted (E = 1).
  std::size_t protect_rtcp(MutableBytes buffer, std::size_t size, std::uint32_t ssrc, std::uint32_t index);
  /// `packet` is a whole SRTCP packet of at least minimum_rtcp() bytes.
  std::optional<std::size_t> unprotect_rtcp(MutableBytes packet, std::uint32_t ssrc);

  [[nodiscard]] const SuiteLengths& lengths() const { return lengths_; }
  [[nodiscard]] std::size_t minimum_rtcp() const { return 8 + 4 + lengths_.rtcp_tag; }
  /// E || index of a whole SRTCP packet.
  [[nodiscard]] std::uint32_t rtcp_index_word(Bytes packet) const;

 private:
  [[nodiscard]] std::array<std::uint8_t, 16> counter_iv(std::uint32_t ssrc, std::uint64_t index) const;
  [[nodiscard]] std::array<std::uint8_t, 12> aead_iv(std::uint32_t ssrc, std::uint64_t index) const;

  SuiteLengths lengths_;
  std::array<std::uint8_t, 16> salt_{};  // the session salt, filled up with zeros
  // RTP keeps its cipher with the key set up, about a kilobyte. RTCP, a packet in five seconds, keeps its key instead.
  std::optional<crypto::AesGcm> gcm_;
  std::optional<crypto::AesCounter> counter_;
  Secret rtcp_key_;
  std::optional<crypto::SrtpHmacSha1> hmac_;
};

}  // namespace ringwall::media
