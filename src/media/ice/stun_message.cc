#include "media/ice/stun_message.h"

#include <algorithm>

#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "media/ice/crc32.h"

// 0                   1                   2                   3
// |0 0|   type (class in bits 4, 8)   |            length             |
// |                          magic cookie                             |
// |                  transaction id (96 bits)                         |
// then attributes: type (16), length (16), value, padded to a multiple of 4.

namespace ringwall::media::stun {
namespace {

constexpr std::size_t attribute_header = 4;
constexpr std::size_t integrity_value = 20;
constexpr std::size_t largest_username = 513, largest_text = 763;  // RFC 8489 section 14.3, 14.9, 14.10, 14.14

std::uint16_t u16_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

Class class_of(std::uint16_t type) {
  return static_cast<Class>((type >> 7 & 2) | (type >> 4 & 1));
}
std::uint16_t method_of(std::uint16_t type) {
  return static_cast<std::uint16_t>((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
}

/// RFC 8489 section 14.2: the port and the address are XORed with the cookie and the transaction id.
std::optional<PacketAddress> read_mapped(Bytes value, Bytes datagram) {
  ByteReader in(value);
  in.skip(1);
  const std::uint8_t family = in.u8();
  PacketAddress out{.version = static_cast<std::uint8_t>(family == 1 ? 4 : 6)};
  out.port = static_cast<std::uint16_t>(in.u16() ^ (magic_cookie >> 16));
  const std::size_t size = family == 1 ? 4 : 16;
  const Bytes address = in.take(size);
  if ((family != 1 && family != 2) || !in.ok() || in.remaining() != 0) return std::nullopt;
  for (std::size_t i = 0; i < size; ++i)
    out.ip[i] = static_cast<std::uint8_t>(address[i] ^ datagram[4 + i]);
  return out;
}

std::optional<std::uint16_t> read_error(Bytes value) {
  ByteReader in(value);
  in.skip(2);
  const unsigned hundreds = in.u8() & 7u, rest = in.u8();
  if (!in.ok() || hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return static_cast<std::uint16_t>(hundreds * 100 + rest);
}

/// Keeps the first of several. False if this one is not as it has to be.
template <class T>
bool keep(std::optional<T>& slot, std::optional<T> value) {
  if (!value) return false;
  if (!slot) slot = std::move(value);
  return true;
}

template <class T>
std::optional<T> read_number(Bytes value) {
  ByteReader in(value);
  if (value.size() != sizeof(T)) return std::nullopt;
  return static_cast<T>(sizeof(T) == 8 ? in.u64() : in.u32());
}

bool keep_text(std::optional<std::string_view>& slot, Bytes value, std::size_t largest) {
  return value.size() <= largest && keep(slot, std::optional(as_text(value)));
}

void note_unknown(Message& out, std::uint16_t type) {
  if (type >= 0x8000) return;  // may be passed over
  if (out.unknown_count < out.unknown.size()) out.unknown[out.unknown_count++] = type;
}

bool read_attribute(Message& out, std::uint16_t type, Bytes value) {
  switch (static_cast<Attribute>(type)) {
    case Attribute::username:
      return keep_text(out.username, value, largest_username);
    case Attribute::realm:
      return keep_text(out.realm, value, largest_text);
    case Attribute::nonce:
      return keep_text(out.nonce, value, largest_text);
    case Attribute::software:
      return keep_text(out.software, value, largest_text);
    case Attribute::xor_mapped_address:
      return keep(out.mapped, read_mapped(value, out.datagram));
    case Attribute::error_code:
      return keep(out.error, read_error(value));
    case Attribute::priority:
      return keep(out.priority, read_number<std::uint32_t>(value));
    case Attribute::ice_controlled:
      return keep(out.controlled, read_number<std::uint64_t>(value));
    case Attribute::ice_controlling:
      return keep(out.controlling, read_number<std::uint64_t>(value));
    case Attribute::use_candidate:
      out.use_candidate = true;
      return value.empty();
    case Attribute::mapped_address:
    case Attribute::unknown_attributes:
    case Attribute::message_integrity_sha256:
      return true;  // understood, and of no use here
    default:
      note_unknown(out, type);
      return true;
  }
}

/// The attribute is the last one, and its value the CRC over all before it (RFC 8489 section 14.7).
bool fingerprint_right(Bytes datagram, std::size_t at, Bytes value) {
  if (value.size() != 4 || at + attribute_header + 4 != datagram.size()) return false;
  return ByteReader(value).u32() == (crc32(datagram.first(at)) ^ fingerprint_xor);
}

}  // namespace

bool looks_like_stun(Bytes datagram) {
  return datagram.size() >= header_bytes && datagram[0] < 4 && u16_at(datagram, 2) + header_bytes == datagram.size() &&
         datagram.size() % 4 == 0 && ByteReader(datagram.subspan(4, 4)).u32() == magic_cookie;
}

std::optional<Message> parse(Bytes datagram) {
  if (!looks_like_stun(datagram)) return std::nullopt;
  ByteReader in(datagram);
  const std::uint16_t type = in.u16();
  Message out{.kind = class_of(type), .method = method_of(type), .datagram = datagram};
  in.skip(6);
  std::ranges::copy(in.take(out.transaction.size()), out.transaction.begin());
  while (in.remaining() > 0) {
    const std::size_t at = in.position();
    const std::uint16_t kind = in.u16();
    const std::size_t size = in.u16();
    const Bytes value = in.take(size);
    in.skip((4 - size % 4) % 4);
    if (!in.ok()) return std::nullopt;
    if (kind == static_cast<std::uint16_t>(Attribute::fingerprint)) {
      if (!fingerprint_right(datagram, at, value)) return std::nullopt;
      out.fingerprint = true;
    } else if (out.integrity_at != 0) {
      continue;  // not protected
    } else if (kind == static_cast<std::uint16_t>(Attribute::message_integrity)) {
      if (size != integrity_value) return std::nullopt;
      out.integrity_at = at;
    } else if (!read_attribute(out, kind, value)) {
      return std::nullopt;
    }
  }
  return out;
}

bool integrity_right(const Message& message, Bytes key) {
  if (message.integrity_at == 0) return false;
  // The length in the header counts as if the message ended with this attribute.
  const Bytes covered = message.datagram.first(message.integrity_at);
  Buffer text = to_buffer(covered);
  const std::size_t length = message.integrity_at - header_bytes + attribute_header + integrity_value;
  text[2] = static_cast<std::uint8_t>(length >> 8);
  text[3] = static_cast<std::uint8_t>(length);
  const Bytes tag = message.datagram.subspan(message.integrity_at + attribute_header, integrity_value);
  return crypto::equal(crypto::hmac_sha1(key, text), tag);
}

}  // namespace ringwall::media::stun
