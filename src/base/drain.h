#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace ringwall {

/// What a sans-IO core wants done, in order, until somebody takes it. Its memory is used again: nothing is allocated
/// once it has grown to what one turn of the loop fills in.
template <class Value>
class Drain {
 public:
  void push_back(Value value) { values_.push_back(std::move(value)); }
  /// The oldest one, or nothing.
  std::optional<Value> take() {
    if (next_ == values_.size()) return std::nullopt;
    std::optional<Value> out(std::move(values_[next_++]));
    if (next_ == values_.size()) {
      values_.clear();
      next_ = 0;
    }
    return out;
  }
  [[nodiscard]] bool empty() const { return next_ == values_.size(); }

 private:
  std::vector<Value> values_;
  std::size_t next_ = 0;
};

}  // namespace ringwall
