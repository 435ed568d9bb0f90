#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"

namespace ringwall::media {

/// Writes RTCP packets one behind the other into bytes that were checked to be enough.
class RtcpWriter {
 public:
  explicit RtcpWriter(MutableBytes out) : out_(out) {}
  void u8(std::uint8_t value) {
    CHECK(at_ < out_.size());
    out_[at_++] = value;
  }
  void number(std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      u8(static_cast<std::uint8_t>(value >> shift));
  }
  /// Starts a packet of `count` items; close() fills in its length.
  void open(std::uint8_t count, std::uint8_t type) {
    start_ = at_;
    u8(static_cast<std::uint8_t>(0x80 | count));
    u8(type);
    number(0, 2);
  }
  void close() {
    while (at_ % 4 != 0)
      u8(0);
    const std::size_t words = (at_ - start_) / 4 - 1;
    out_[start_ + 2] = static_cast<std::uint8_t>(words >> 8);
    out_[start_ + 3] = static_cast<std::uint8_t>(words);
  }
  [[nodiscard]] std::size_t size() const { return at_; }

 private:
  MutableBytes out_;
  std::size_t at_ = 0, start_ = 0;
};

}  // namespace ringwall::media
