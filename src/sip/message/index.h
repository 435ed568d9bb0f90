#pragma once

#include <array>

#include "sip/message/message.h"

namespace ringwall::sip {

/// What a message holds: the bytes, and where everything is in them.
struct Message::Index {
  static constexpr std::uint16_t absent = 0xffff;

  std::unique_ptr<char[]> buffer;
  std::size_t size = 0;
  std::vector<HeaderField> fields;
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
};

}  // namespace ringwall::sip
