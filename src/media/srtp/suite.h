#pragma once

#include <cstddef>

#include "base/limits.h"
#include "media/types.h"

namespace ringwall::media {

/// The lengths of a suite in bytes (RFC 3711 section 8.2, RFC 4568 section 6.2, RFC 6188, RFC 7714 section 12).
struct SuiteLengths {
  bool aead = false;
  std::size_t key = 0, salt = 0;
  std::size_t rtp_tag = 0, rtcp_tag = 0;

  [[nodiscard]] std::size_t key_and_salt() const { return key + salt; }
  /// What stands behind the master key identifier of a packet.
  [[nodiscard]] std::size_t behind_mki(bool rtcp) const { return aead ? 0 : rtcp ? rtcp_tag : rtp_tag; }
};
SuiteLengths lengths(Suite suite);

/// More than any suite adds to a packet: tag, SRTCP index and master key identifier.
inline constexpr std::size_t srtp_expansion = 24 + limits::srtp_mki_bytes;

}  // namespace ringwall::media
