#pragma once

#include <string.h>  // explicit_bzero

#include <string>
#include <utility>

#include "base/bytes.h"

namespace ringwall {

/// Key material or a password: wiped when it goes, and no formatter exists, so it cannot reach a log by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(Buffer bytes) : bytes_(std::move(bytes)) {}
  explicit Secret(Bytes bytes) : bytes_(to_buffer(bytes)) {}
  explicit Secret(std::string_view text) : bytes_(to_buffer(as_bytes(text))) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~Secret() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
  }

  /// The bytes themselves. Every call of this is a place to look at in a review.
  [[nodiscard]] Bytes reveal() const { return bytes_; }
  [[nodiscard]] MutableBytes reveal_mutable() { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  Buffer bytes_;
};

/// Personal data (digits, caller names): usable, never printable. `reveal()` where it must leave the process.
template <class T>
class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(T value) : value_(std::move(value)) {}
  [[nodiscard]] const T& reveal() const { return value_; }
  friend bool operator==(const Redacted&, const Redacted&) = default;

 private:
  T value_{};
};

}  // namespace ringwall
