#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/time.h"

namespace ringwall::runtime {

/// Where an item of a MediaWheel stands; the item carries it.
struct WheelPlace {
  std::size_t slot = 0, index = 0;
};

/// Gives every item its turn once in 20 ms. The turns are spread over twenty slots of a millisecond, so that what many
/// of them send does not leave in one burst. An Item has a member `WheelPlace wheel_place`.
template <class Item>
class MediaWheel {
 public:
  static constexpr std::size_t slots = 20;
  static constexpr auto slot_time = std::chrono::milliseconds(1);
  /// Turns that are later than this are left out.
  static constexpr auto longest_lag = std::chrono::milliseconds(100);

  void add(Item& item, Time now) {
    if (size_ == 0) next_ = now + slot_time;
    WheelPlace& place = item.wheel_place;
    place = {choose(), 0};
    place.index = slots_[place.slot].size();
    slots_[place.slot].push_back(&item);
    ++size_;
  }

  /// Not while turn() runs.
  void remove(Item& item) {
    std::vector<Item*>& slot = slots_[item.wheel_place.slot];
    const std::size_t index = item.wheel_place.index;
    CHECK(index < slot.size() && slot[index] == &item);
    slot[index] = slot.back();
    slot[index]->wheel_place.index = index;
    slot.pop_back();
    --size_;
  }

  /// When turn() has something to do; nothing while there are no items.
  [[nodiscard]] std::optional<Time> next() const {
    if (size_ == 0) return std::nullopt;
    Time when = next_;
    for (std::size_t slot = position_; slots_[slot].empty(); slot = (slot + 1) % slots)
      when += slot_time;
    return when;
  }

  /// Calls `visit(Item&)` for every item whose turn has come by `now`.
  template <class Visit>
  void turn(Time now, Visit visit) {
    next_ = std::max(next_, now - longest_lag);
    for (; next_ <= now; next_ += slot_time) {
      for (Item* const item : slots_[position_])
        visit(*item);
      position_ = (position_ + 1) % slots;
    }
  }

 private:
  /// A few items share a slot, so that a thread with little to do wakes up seldom; many are spread evenly.
  [[nodiscard]] std::size_t choose() const {
    constexpr std::size_t few = 8;
    std::size_t least = 0;
    for (std::size_t slot = 0; slot < slots; ++slot) {
      if (slots_[slot].size() < few) return slot;
      if (slots_[slot].size() < slots_[least].size()) least = slot;
    }
    return least;
  }

  std::array<std::vector<Item*>, slots> slots_;
  std::size_t size_ = 0, position_ = 0;
  Time next_{};
};

}  // namespace ringwall::runtime
