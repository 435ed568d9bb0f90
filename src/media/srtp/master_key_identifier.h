#pragma once

#include <algorithm>

#include "base/bytes.h"

/// Where the master key identifier stands in a packet (RFC 3711 sections 3.1 and 3.4, RFC 7714 sections 8 and 9.1): in
/// front of an HMAC tag, or behind everything where the tag is part of an AEAD's ciphertext.
namespace ringwall::media {

/// Puts `mki` in front of the last `behind` of `size` bytes; the buffer has room for it. Gives the new size.
inline std::size_t insert_mki(MutableBytes buffer, std::size_t size, std::size_t behind, Bytes mki) {
  const auto tag = buffer.begin() + static_cast<std::ptrdiff_t>(size - behind);
  const auto end = buffer.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy_backward(tag, end, end + static_cast<std::ptrdiff_t>(mki.size()));
  std::ranges::copy(mki, tag);
  return size + mki.size();
}

/// The identifier of `bytes` bytes in front of the last `behind`; the packet is at least as long as both.
inline Bytes mki_of(Bytes packet, std::size_t behind, std::size_t bytes) {
  return packet.subspan(packet.size() - behind - bytes, bytes);
}

/// The packet without it: what stood behind moves forward.
inline MutableBytes remove_mki(MutableBytes packet, std::size_t behind, std::size_t bytes) {
  const auto tag = packet.end() - static_cast<std::ptrdiff_t>(behind);
  std::copy(tag, packet.end(), tag - static_cast<std::ptrdiff_t>(bytes));
  return packet.first(packet.size() - bytes);
}

}  // namespace ringwall::media
