#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "media/codec/codec.h"

namespace ringwall::media {

/// Mixes frames of 20 ms at 16 kHz: each member hears the others, not itself (N-1), and each by its own gain. Who only
/// listens (a supervisor) gives no frame; whom nobody but one may hear (a supervisor who whispers) is heard by that
/// one. One round is: begin(), give() for each who has something to say, then hear() for each. Allocates only in add().
class Mixer {
 public:
  using Member = std::size_t;

  /// A new member, heard by all at the gain of 1. A place that was removed is used again.
  Member add();
  void remove(Member member);
  /// How loud the others hear it, in 1/256, up to 8 times as loud; 0 mutes it.
  void set_gain(Member member, std::uint32_t gain);
  /// Only `listener` hears it from now on; speak_to_all() takes that back.
  void speak_only_to(Member member, Member listener);
  void speak_to_all(Member member);

  void begin();
  void give(Member member, std::span<const std::int16_t> frame);
  /// What this member hears; too loud a sum is cut off at what a sample can hold.
  void hear(Member member, std::span<std::int16_t> out) const;

 private:
  struct Place {
    bool used = false, speaks = false, private_to_one = false;
    Member listener = 0;
    std::uint32_t gain = 256;
    std::array<std::int32_t, widest_frame> frame;
  };
  std::vector<Place> places_;
  std::array<std::int32_t, widest_frame> all_{};  // of those who speak to all
};

}  // namespace ringwall::media
