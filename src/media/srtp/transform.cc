#include "media/srtp/transform.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/constant_time.h"

namespace ringwall::media {
namespace {

using Word = std::array<std::uint8_t, 4>;

Word word(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

constexpr std::uint32_t encrypted_flag = 0x8000'0000;
constexpr std::size_t rtcp_header = 8;  // the part of the first RTCP header that stays readable
constexpr std::size_t authentication_key_bytes = 20;

/// RFC 3711 section 4.3.1: labels follow one another, from the first one of SRTP or SRTCP on.
SessionKeys derive(const SuiteLengths& lengths, Bytes key_and_salt, std::uint8_t first_label) {
  CHECK(key_and_salt.size() == lengths.key_and_salt());
  const Bytes key = key_and_salt.first(lengths.key), salt = key_and_salt.subspan(lengths.key);
  const auto one = [&](std::uint8_t label, std::size_t size) {
    Secret out{Buffer(size)};
    crypto::srtp_derive(key, salt, static_cast<std::uint8_t>(first_label + label), 0, out.reveal_mutable());
    return out;
  };
  return {.cipher = one(0, lengths.key),
          .salt = one(2, lengths.salt),
          .authentication = lengths.aead ? Secret() : one(1, authentication_key_bytes)};
}

}  // namespace

SrtpTransform::SrtpTransform(Suite suite, Bytes key_and_salt, Kind kind, Use use)
    : SrtpTransform(suite, derive(media::lengths(suite), key_and_salt, static_cast<std::uint8_t>(kind)), kind, use) {}

SrtpTransform::SrtpTransform(Suite suite, const SessionKeys& keys, Kind kind, Use use)
    : lengths_(media::lengths(suite)) {
  CHECK(keys.cipher.size() == lengths_.key && keys.salt.size() == lengths_.salt);
  const Bytes key = keys.cipher.reveal();
  if (kind == Kind::rtcp)
    rtcp_key_ = keys.cipher;
  else if (lengths_.aead)
    gcm_.emplace(key, use == Use::protect ? crypto::AesGcm::Direction::seal : crypto::AesGcm::Direction::open);
  else
    counter_.emplace(key);
  if (!lengths_.aead) hmac_.emplace(keys.authentication.reveal());
  std::ranges::copy(keys.salt.reveal(), salt_.begin());
}

/// RFC 3711 section 4.1.1: (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16).
std::array<std::uint8_t, 16> SrtpTransform::counter_iv(std::uint32_t ssrc, std::uint64_t index) const {
  std::array<std::uint8_t, 16> iv = salt_;
  for (std::size_t i = 0; i < 4; ++i)
    iv[7 - i] ^= static_cast<std::uint8_t>(ssrc >> (8 * i));
  for (std::size_t i = 0; i < 6; ++i)
    iv[13 - i] ^= static_cast<std::uint8_t>(index >> (8 * i));
  return iv;
}

/// RFC 7714 sections 8.1 and 9.1: 0 0 | SSRC | ROC | SEQ (RTCP: 0 0 | index), XOR the salt.
std::array<std::uint8_t, 12> SrtpTransform::aead_iv(std::uint32_t ssrc, std::uint64_t index) const {
  std::array<std::uint8_t, 12> iv;
  std::copy_n(salt_.begin(), iv.size(), iv.begin());
  for (std::size_t i = 0; i < 4; ++i)
    iv[5 - i] ^= static_cast<std::uint8_t>(ssrc >> (8 * i));
  for (std::size_t i = 0; i < 6; ++i)
    iv[11 - i] ^= static_cast<std::uint8_t>(index >> (8 * i));
  return iv;
}

std::size_t SrtpTransform::protect_rtp(MutableBytes buffer, std::size_t size, std::size_t header, std::uint32_t ssrc,
                                       std::uint64_t index) {
  CHECK(header <= size && size + lengths_.rtp_tag <= buffer.size());
  const MutableBytes payload = buffer.subspan(header, size - header);
  if (gcm_) {
    gcm_->seal(aead_iv(ssrc, index), buffer.first(header), {}, payload, buffer.data() + size);
  } else {
    counter_->apply(counter_iv(ssrc, index), payload);
    const auto tag = hmac_->tag(buffer.first(size), word(static_cast<std::uint32_t>(index >> 16)));
    std::copy_n(tag.begin(), lengths_.rtp_tag, buffer.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return size + lengths_.rtp_tag;
}

std::optional<std::size_t> SrtpTransform::unprotect_rtp(MutableBytes packet, std::size_t header, std::uint32_t ssrc,
                                                        std::uint64_t index) {
  if (packet.size() < header + lengths_.rtp_tag) return std::nullopt;
  const std::size_t size = packet.size() - lengths_.rtp_tag;
  const MutableBytes payload = packet.subspan(header, size - header);
  if (gcm_) {
    if (!gcm_->open(aead_iv(ssrc, index), packet.first(header), {}, payload, packet.data() + size)) return std::nullopt;
    return size;
  }
  const auto tag = hmac_->tag(packet.first(size), word(static_cast<std::uint32_t>(index >> 16)));
  if (!crypto::equal(Bytes(tag).first(lengths_.rtp_tag), packet.subspan(size))) return std::nullopt;
  counter_->apply(counter_iv(ssrc, index), payload);
  return size;
}

std::size_t SrtpTransform::protect_rtcp(MutableBytes buffer, std::size_t size, std::uint32_t ssrc,
                                        std::uint32_t index) {
  CHECK(size >= rtcp_header && size + 4 + lengths_.rtcp_tag <= buffer.size());
  const Word index_word = word(index | encrypted_flag);
  const MutableBytes body = buffer.subspan(rtcp_header, size - rtcp_header);
  std::uint8_t* const end = buffer.data() + size;
  if (lengths_.aead) {
    crypto::AesGcm(rtcp_key_.reveal(), crypto::AesGcm::Direction::seal)
        .seal(aead_iv(ssrc, index), buffer.first(rtcp_header), index_word, body, end);
    std::ranges::copy(index_word, end + lengths_.rtcp_tag);
  } else {
    crypto::AesCounter(rtcp_key_.reveal()).apply(counter_iv(ssrc, index), body);
    const auto tag = hmac_->tag(buffer.first(size), index_word);
    std::ranges::copy(index_word, end);
    std::copy_n(tag.begin(), lengths_.rtcp_tag, end + 4);
  }
  return size + 4 + lengths_.rtcp_tag;
}

std::uint32_t SrtpTransform::rtcp_index_word(Bytes packet) const {
  return ByteReader(packet.subspan(packet.size() - (lengths_.aead ? 4 : 4 + lengths_.rtcp_tag))).u32();
}

std::optional<std::size_t> SrtpTransform::unprotect_rtcp(MutableBytes packet, std::uint32_t ssrc) {
  if (packet.size() < minimum_rtcp()) return std::nullopt;
  const std::uint32_t flagged = rtcp_index_word(packet), index = flagged & ~encrypted_flag;
  const bool encrypted = (flagged & encrypted_flag) != 0;
  const std::size_t size = packet.size() - 4 - lengths_.rtcp_tag;
  const MutableBytes body = packet.subspan(rtcp_header, size - rtcp_header);
  if (lengths_.aead) {
    // Without encryption the whole packet is associated data (RFC 7714 section 9.3).
    const Bytes associated = encrypted ? packet.first(rtcp_header) : packet.first(size);
    crypto::AesGcm cipher(rtcp_key_.reveal(), crypto::AesGcm::Direction::open);
    const bool right = cipher.open(aead_iv(ssrc, index), associated, word(flagged), encrypted ? body : MutableBytes{},
                                   packet.data() + size);
    return right ? std::optional(size) : std::nullopt;
  }
  const auto tag = hmac_->tag(packet.first(size), word(flagged));
  if (!crypto::equal(Bytes(tag).first(lengths_.rtcp_tag), packet.subspan(size + 4))) return std::nullopt;
  if (encrypted) crypto::AesCounter(rtcp_key_.reveal()).apply(counter_iv(ssrc, index), body);
  return size;
}

}  // namespace ringwall::media
