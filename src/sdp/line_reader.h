#pragma once

#include <string_view>

#include "base/result.h"

namespace ringwall::sdp {

/// Walks the "x=value" lines of a session description and knows where it is.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}
  /// Goes to the next line; false at the end. A line that is not letter, '=', value is an error.
  Result<bool> next();

  [[nodiscard]] char type() const { return type_; }
  [[nodiscard]] std::string_view value() const { return value_; }
  /// The error for what is wrong with the current line.
  [[nodiscard]] std::unexpected<Error> mistake(std::string what) const;

 private:
  std::string_view rest_;
  std::string_view value_;
  char type_ = 0;
  std::size_t number_ = 0;
};

/// The next word; `text` becomes what follows it. Words are parted by spaces.
std::string_view take_word(std::string_view& text);

}  // namespace ringwall::sdp
