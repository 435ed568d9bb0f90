#include "media/ice/stun_writer.h"

#include <algorithm>

#include "crypto/digest.h"
#include "media/ice/crc32.h"

namespace ringwall::media::stun {
namespace {

void put(MutableBytes out, std::uint64_t value) {
  for (std::size_t i = out.size(); i > 0; --i, value >>= 8)
    out[i - 1] = static_cast<std::uint8_t>(value);
}

/// The class stands in bits 4 and 8 of the type, amid the method (RFC 8489 section 5).
std::uint16_t type_of(Class kind, std::uint16_t method) {
  const unsigned c = static_cast<unsigned>(kind), m = method;
  return static_cast<std::uint16_t>((m & 0xf) | (m & 0x70) << 1 | (m & 0xf80) << 2 | (c & 1) << 4 | (c & 2) << 7);
}

}  // namespace

Writer::Writer(Class kind, const TransactionId& transaction, std::uint16_t method) {
  put(MutableBytes(bytes_).first(2), type_of(kind, method));
  put(MutableBytes(bytes_).subspan(4, 4), magic_cookie);
  std::ranges::copy(transaction, bytes_.begin() + 8);
}

/// Room for a value of `size` bytes; empty if there is none.
MutableBytes Writer::open(Attribute type, std::size_t size) {
  const std::size_t padded = (size + 3) / 4 * 4;
  if (!ok_ || size_ + 4 + padded > bytes_.size()) {
    ok_ = false;
    return {};
  }
  put(MutableBytes(bytes_).subspan(size_, 2), static_cast<std::uint16_t>(type));
  put(MutableBytes(bytes_).subspan(size_ + 2, 2), size);
  const MutableBytes value = MutableBytes(bytes_).subspan(size_ + 4, padded);
  size_ += 4 + padded;
  set_length(size_ - header_bytes);
  return value;
}

void Writer::set_length(std::size_t length) {
  put(MutableBytes(bytes_).subspan(2, 2), length);
}

void Writer::text(Attribute type, std::string_view value, std::uint8_t padding) {
  const MutableBytes out = open(type, value.size());
  if (!ok_) return;
  std::ranges::fill(out, padding);
  std::ranges::copy(as_bytes(value), out.begin());
}

void Writer::u32(Attribute type, std::uint32_t value) {
  const MutableBytes out = open(type, 4);
  if (ok_) put(out, value);
}

void Writer::u64(Attribute type, std::uint64_t value) {
  const MutableBytes out = open(type, 8);
  if (ok_) put(out, value);
}

void Writer::xor_mapped_address(const PacketAddress& address) {
  const std::size_t size = address.version == 4 ? 4 : 16;
  const MutableBytes out = open(Attribute::xor_mapped_address, 4 + size);
  if (!ok_) return;
  out[0] = 0;
  out[1] = address.version == 4 ? 1 : 2;
  put(out.subspan(2, 2), address.port ^ (magic_cookie >> 16));
  for (std::size_t i = 0; i < size; ++i)
    out[4 + i] = static_cast<std::uint8_t>(address.ip[i] ^ bytes_[4 + i]);
}

void Writer::error(std::uint16_t code, std::string_view reason) {
  const MutableBytes out = open(Attribute::error_code, 4 + reason.size());
  if (!ok_) return;
  std::ranges::fill(out, 0);
  out[2] = static_cast<std::uint8_t>(code / 100);
  out[3] = static_cast<std::uint8_t>(code % 100);
  std::ranges::copy(as_bytes(reason), out.begin() + 4);
}

void Writer::unknown_attributes(std::span<const std::uint16_t> types) {
  const MutableBytes out = open(Attribute::unknown_attributes, 2 * types.size());
  if (!ok_) return;
  std::ranges::fill(out, 0);
  for (std::size_t i = 0; i < types.size(); ++i)
    put(out.subspan(2 * i, 2), types[i]);
}

void Writer::integrity(Bytes key) {
  const std::size_t covered = size_;
  const MutableBytes out = open(Attribute::message_integrity, sizeof(crypto::Sha1));
  if (ok_) std::ranges::copy(crypto::hmac_sha1(key, Bytes(bytes_).first(covered)), out.begin());
}

void Writer::fingerprint() {
  const std::size_t covered = size_;
  const MutableBytes out = open(Attribute::fingerprint, 4);
  if (ok_) put(out, crc32(Bytes(bytes_).first(covered)) ^ fingerprint_xor);
}

}  // namespace ringwall::media::stun
