#pragma once

#include <cstdint>

namespace ringwall::media {

/// Which of the newest 128 packet indices were seen (RFC 3711 section 3.3.2). Look first, `mark` only what
/// authenticated.
class ReplayWindow {
 public:
  static constexpr std::uint64_t size = 128;

  [[nodiscard]] bool is_new(std::uint64_t index) const {
    if (!started_ || index > highest_) return true;
    const std::uint64_t age = highest_ - index;
    return age < size && (seen_ >> age & 1) == 0;
  }
  void mark(std::uint64_t index) {
    if (!started_ || index > highest_) {
      const std::uint64_t step = started_ ? index - highest_ : size;
      seen_ = step >= size ? Bits{1} : seen_ << step | 1;
      highest_ = index;
      started_ = true;
    } else if (const std::uint64_t age = highest_ - index; age < size) {
      seen_ |= Bits{1} << age;
    }
  }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] std::uint64_t highest() const { return highest_; }

 private:
  using Bits = unsigned __int128;
  Bits seen_ = 0;
  std::uint64_t highest_ = 0;
  bool started_ = false;
};

}  // namespace ringwall::media
