#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <functional>

namespace ringwall {

/// A number that cannot be mistaken for another kind of number. Zero means "none".
template <class Tag, class Rep = std::uint64_t>
struct StrongId {
  Rep value = 0;

  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(StrongId, StrongId) = default;
};

/// Hands out 1, 2, 3, ... of one kind.
template <class Id>
class IdSource {
 public:
  Id next() { return Id{++last_}; }

 private:
  decltype(Id::value) last_ = 0;
};

}  // namespace ringwall

template <class Tag, class Rep>
struct std::hash<ringwall::StrongId<Tag, Rep>> {
  std::size_t operator()(ringwall::StrongId<Tag, Rep> id) const { return std::hash<Rep>{}(id.value); }
};

template <class Tag, class Rep>
struct fmt::formatter<ringwall::StrongId<Tag, Rep>> : fmt::formatter<Rep> {
  template <class Context>
  auto format(ringwall::StrongId<Tag, Rep> id, Context& context) const {
    return fmt::formatter<Rep>::format(id.value, context);
  }
};
