#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall {

using Bytes = std::span<const std::uint8_t>;  ///< a view of bytes that someone else owns
using MutableBytes = std::span<std::uint8_t>;
using Buffer = std::vector<std::uint8_t>;  ///< bytes that are owned

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Buffer to_buffer(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

/// Reads big-endian fields from hostile bytes. Reading past the end returns zeros and makes `ok()` false for good, so a
/// parser may read a whole layout and check once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

  /// The next `count` bytes, or an empty view if there are not so many.
  Bytes take(std::size_t count) {
    if (count > remaining()) {
      fail();
      return {};
    }
    Bytes out = bytes_.subspan(at_, count);
    at_ += count;
    return out;
  }
  void skip(std::size_t count) { (void)take(count); }
  Bytes rest() { return take(remaining()); }

  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (std::uint8_t byte : take(width))
      value = value << 8 | byte;
    return value;
  }
  void fail() {
    ok_ = false;
    at_ = bytes_.size();
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Writes big-endian fields to a growing buffer.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u24(std::uint32_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void bytes(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text) { bytes(as_bytes(text)); }

  [[nodiscard]] const Buffer& buffer() const { return out_; }
  [[nodiscard]] Buffer take() { return std::move(out_); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  void number(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  Buffer out_;
};

}  // namespace ringwall
