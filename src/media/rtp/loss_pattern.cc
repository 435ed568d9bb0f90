#include "media/rtp/loss_pattern.h"

#include <algorithm>

namespace ringwall::media {

void LossPattern::receive(int distance) {
  if (distance <= 0) {
    const auto back = static_cast<unsigned>(-distance);
    if (filled_ > 0 && back < filled_) window_ |= 1u << back;
    return;
  }
  if (filled_ == 0) distance = 1;
  for (; distance > 0; --distance) {
    if (filled_ == reordering)
      decide((window_ >> (reordering - 1) & 1u) != 0);
    else
      ++filled_;
    window_ <<= 1;
  }
  window_ |= 1;
}

void LossPattern::restart() {
  for (; filled_ > 0; --filled_)
    decide((window_ >> (filled_ - 1) & 1u) != 0);
  window_ = 0;
}

void LossPattern::decide(bool came) {
  if (came) {
    ++since_loss_;
    return;
  }
  const bool joins = open_.lost > 0 && since_loss_ < gap_minimum;
  if (open_.lost == 0 || since_loss_ > 0) ++runs_;
  if (joins) {
    open_.packets += since_loss_ + 1;
    ++open_.lost;
  } else {
    close(totals_, open_);
    totals_.gaps.packets += since_loss_;
    open_ = {.packets = 1, .lost = 1};
  }
  since_loss_ = 0;
}

void LossPattern::close(Totals& totals, const Stretch& open) {
  Stretch& where = open.lost > 1 ? totals.bursts : totals.gaps;
  where.packets += open.packets;
  where.lost += open.lost;
  if (open.lost > 1) ++totals.burst_count;
}

LossPattern::Figures LossPattern::figures() const {
  Totals all = totals_;
  close(all, open_);
  all.gaps.packets += since_loss_;
  Figures out{.packets = all.bursts.packets + all.gaps.packets, .lost = all.bursts.lost + all.gaps.lost};
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  out.burst_density = share(all.bursts.lost, all.bursts.packets);
  out.gap_density = share(all.gaps.lost, all.gaps.packets);
  out.burst_packets = share(all.bursts.packets, all.burst_count);
  out.gap_packets = share(all.gaps.packets, all.burst_count + 1);
  // A run of random loss is 1 / (1 - loss) packets long on the average.
  if (runs_ > 0) out.burst_ratio = std::max(1.0, share(out.lost, runs_) * (1.0 - out.loss()));
  return out;
}

}  // namespace ringwall::media
