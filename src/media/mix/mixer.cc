#include "media/mix/mixer.h"

#include <algorithm>

#include "base/check.h"

namespace ringwall::media {
namespace {

constexpr std::uint32_t whole = 256, largest_gain = 8 * whole;

}  // namespace

Mixer::Member Mixer::add() {
  const auto free = std::ranges::find(places_, false, &Place::used);
  const auto member = static_cast<Member>(free - places_.begin());
  if (free == places_.end()) places_.emplace_back();
  places_[member].used = true;
  places_[member].speaks = places_[member].private_to_one = false;
  places_[member].gain = whole;
  return member;
}

void Mixer::remove(Member member) {
  CHECK(places_.at(member).used);
  places_[member].used = false;
  for (Place& place : places_)  // whoever spoke only to it speaks to nobody, not to all
    if (place.used && place.private_to_one && place.listener == member) place.listener = places_.size();
}

void Mixer::set_gain(Member member, std::uint32_t gain) {
  places_.at(member).gain = std::min(gain, largest_gain);
}

void Mixer::speak_only_to(Member member, Member listener) {
  places_.at(member).private_to_one = true;
  places_[member].listener = listener;
}

void Mixer::speak_to_all(Member member) {
  places_.at(member).private_to_one = false;
}

void Mixer::begin() {
  all_.fill(0);
  for (Place& place : places_)
    place.speaks = false;
}

void Mixer::give(Member member, std::span<const std::int16_t> frame) {
  Place& place = places_.at(member);
  CHECK(place.used && !place.speaks && frame.size() == widest_frame);
  place.speaks = true;
  for (std::size_t i = 0; i < widest_frame; ++i) {
    place.frame[i] = frame[i] * static_cast<std::int32_t>(place.gain) / static_cast<std::int32_t>(whole);
    if (!place.private_to_one) all_[i] += place.frame[i];
  }
}

void Mixer::hear(Member member, std::span<std::int16_t> out) const {
  CHECK(out.size() == widest_frame);
  std::array<std::int32_t, widest_frame> sum = all_;
  for (Member other = 0; other < places_.size(); ++other) {
    const Place& place = places_[other];
    if (!place.used || !place.speaks) continue;
    const bool own = other == member && !place.private_to_one;
    const bool to_us = other != member && place.private_to_one && place.listener == member;
    if (!own && !to_us) continue;
    for (std::size_t i = 0; i < widest_frame; ++i)
      sum[i] += own ? -place.frame[i] : place.frame[i];
  }
  std::ranges::transform(sum, out.begin(), [](std::int32_t sample) {
    return static_cast<std::int16_t>(std::clamp(sample, -32'768, 32'767));
  });
}

}  // namespace ringwall::media
