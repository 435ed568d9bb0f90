#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "media/ice/stun_message.h"

namespace ringwall::media::stun {

/// The largest message written here; a user name of ICE takes up to 513.
inline constexpr std::size_t message_bytes = 700;

/// Writes one message attribute by attribute. What does not fit is left out, and ok() says so.
class Writer {
 public:
  Writer(Class kind, const TransactionId& transaction, std::uint16_t method = binding);

  /// The value is padded with `padding` (RFC 8489 section 14 leaves the bytes open).
  void text(Attribute type, std::string_view value, std::uint8_t padding = 0);
  void flag(Attribute type) { text(type, {}); }
  void u32(Attribute type, std::uint32_t value);
  void u64(Attribute type, std::uint64_t value);
  void xor_mapped_address(const PacketAddress& address);
  void error(std::uint16_t code, std::string_view reason);
  void unknown_attributes(std::span<const std::uint16_t> types);
  /// MESSAGE-INTEGRITY over all before it; only fingerprint() may follow.
  void integrity(Bytes key);
  void fingerprint();

  [[nodiscard]] Bytes bytes() const { return Bytes(bytes_).first(size_); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  MutableBytes open(Attribute type, std::size_t size);
  void set_length(std::size_t length);

  std::array<std::uint8_t, message_bytes> bytes_{};
  std::size_t size_ = header_bytes;
  bool ok_ = true;
};

}  // namespace ringwall::media::stun
