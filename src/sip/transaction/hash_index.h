#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ringwall::sip {

/// Values found by a 64-bit hash, in one piece of memory (open addressing): nothing is allocated for a value, and a
/// lookup that finds nothing touches one cache line. Several values may have the same hash; `matches(value)` tells them
/// apart. Hashes of what peers choose have to be keyed (keyed_hash). Pointers to values die with the next change.
template <class Value>
class HashIndex {
 public:
  void insert(std::uint64_t hash, Value value) {
    if ((size_ + 1) * 8 > slots_.size() * 5) grow();
    place(hash, std::move(value));
    ++size_;
  }

  template <class Matches>
  Value* find(std::uint64_t hash, Matches&& matches) {
    const std::size_t at = position(hash, matches);
    return at == none ? nullptr : &slots_[at].value;
  }
  template <class Matches>
  const Value* find(std::uint64_t hash, Matches&& matches) const {
    const std::size_t at = position(hash, matches);
    return at == none ? nullptr : &slots_[at].value;
  }

  /// Takes one value out; false if there is none.
  template <class Matches>
  bool erase(std::uint64_t hash, Matches&& matches) {
    std::size_t hole = position(hash, matches);
    if (hole == none) return false;
    // What stands behind and would be found no more across the hole moves up.
    for (std::size_t at = next(hole); slots_[at].used; at = next(at)) {
      const std::size_t home = home_of(slots_[at].hash);
      const bool stays = hole <= at ? (hole < home && home <= at) : (hole < home || home <= at);
      if (stays) continue;
      slots_[hole] = std::move(slots_[at]);
      hole = at;
    }
    slots_[hole] = {};
    --size_;
    return true;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    Value value{};
    bool used = false;
  };
  static constexpr std::size_t none = ~std::size_t{0};

  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const { return hash * 0x9e3779b97f4a7c15U >> shift_; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  template <class Matches>
  std::size_t position(std::uint64_t hash, Matches& matches) const {
    if (size_ == 0) return none;
    for (std::size_t at = home_of(hash); slots_[at].used; at = next(at))
      if (slots_[at].hash == hash && matches(slots_[at].value)) return at;
    return none;
  }

  void place(std::uint64_t hash, Value value) {
    std::size_t at = home_of(hash);
    while (slots_[at].used)
      at = next(at);
    slots_[at] = {hash, std::move(value), true};
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    shift_ = 64 - std::countr_zero(slots_.size());
    for (Slot& one : old)
      if (one.used) place(one.hash, std::move(one.value));
  }

  std::vector<Slot> slots_;  ///< a power of two, at most five eighths full
  std::size_t size_ = 0;
  int shift_ = 0;
};

}  // namespace ringwall::sip
