#pragma once

#include <array>

#include "sip/message/message.h"

namespace ringwall::sip {

/// What a message holds: the bytes, and where everything is in them. One piece of memory holds, in this order, the
/// Index, its fields, the bytes, and some zeros, so that a reader may load whole words at the end.
struct Message::Index {
  static constexpr std::uint16_t absent = 0xffff;
  static constexpr std::size_t padding = 32;

  /// Memory for that many fields, and a copy of the bytes. Both are there to be filled and changed.
  static std::unique_ptr<Index, Free> make(std::size_t field_capacity, std::string_view bytes);

  char* buffer = nullptr;
  std::size_t size = 0;
  std::size_t memory = 0;  ///< of the whole piece
  HeaderField* fields = nullptr;
  std::size_t field_count = 0;
  /// Position of the first field of each known name.
  std::array<std::uint16_t, static_cast<std::size_t>(HeaderName::other)> first;

  Uri request_uri;
  int status = 0;  ///< 0: a request
  std::string_view reason;
  Via via;
  NameAddr from;
  NameAddr to;
  CSeq cseq;
  std::optional<NameAddr> contact;
  std::optional<std::uint32_t> expires;
  std::optional<std::uint32_t> max_forwards;
  std::string_view body;

  [[nodiscard]] const HeaderField* find(HeaderName name) const {
    if (name == HeaderName::other) return nullptr;
    const std::uint16_t at = first[static_cast<std::size_t>(name)];
    return at == absent ? nullptr : &fields[at];
  }
  [[nodiscard]] std::span<const HeaderField> all() const { return {fields, field_count}; }
};

}  // namespace ringwall::sip
