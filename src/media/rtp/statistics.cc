#include "media/rtp/statistics.h"

#include <algorithm>
#include <cmath>

namespace ringwall::media {
namespace {

/// A jump further than this is a new start of the sequence, not loss (MAX_DROPOUT of appendix A.1).
constexpr std::int32_t largest_jump = 3000;

std::uint32_t timestamp_units(Time now, std::uint32_t per_ms) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(micros) * per_ms / 1000);
}

}  // namespace

void ReceiverStatistics::start(const RtpHeader& header) {
  lost_before_ = lost();
  started_ = true;
  has_transit_ = false;
  ssrc_ = header.ssrc;
  base_ = highest_ = 0x10000 + std::uint64_t{header.sequence};
  received_ = expected_prior_ = received_prior_ = 0;
  pattern_.restart();
}

void ReceiverStatistics::set_clock_rate(std::uint32_t rate) {
  if (rate / 1000 == units_per_ms_) return;
  units_per_ms_ = rate / 1000;
  has_transit_ = false;
  jitter_ = 0;
}

void ReceiverStatistics::receive(const RtpHeader& header, Time now, bool measure_jitter) {
  const auto distance = static_cast<std::int16_t>(static_cast<std::uint16_t>(header.sequence - highest_));
  if (!started_ || header.ssrc != ssrc_ || std::abs(distance) > largest_jump) {
    start(header);
    pattern_.receive(1);
  } else {
    pattern_.receive(distance);
    if (distance > 0)
      highest_ += static_cast<std::uint64_t>(distance);
    else if (distance < 0)
      base_ = std::min(base_, highest_ - static_cast<std::uint64_t>(-distance));
  }
  ++received_;
  if (!measure_jitter) return;
  const auto transit = static_cast<std::int32_t>(timestamp_units(now, units_per_ms_) - header.timestamp);
  if (has_transit_) {
    // A source change behind the peer makes one wild step of the timestamp; it says nothing about the network.
    const double step = std::abs(static_cast<double>(transit) - static_cast<double>(transit_));
    if (step < 1000.0 * units_per_ms_) jitter_ += (step - jitter_) / 16.0;
  }
  transit_ = transit;
  has_transit_ = true;
}

std::uint64_t ReceiverStatistics::lost() const {
  if (!started_) return lost_before_;
  return lost_before_ + (expected() > received_ ? expected() - received_ : 0);
}

ReportBlock ReceiverStatistics::report() {
  const std::uint64_t expected_now = expected();
  const std::uint64_t expected_step = expected_now - std::min(expected_now, expected_prior_);
  const std::uint64_t received_step = received_ - received_prior_;
  expected_prior_ = expected_now;
  received_prior_ = received_;
  ReportBlock block{.ssrc = ssrc_};
  if (expected_step > received_step)
    block.fraction_lost = static_cast<std::uint8_t>(((expected_step - received_step) << 8) / expected_step);
  const std::uint64_t lost_here = expected_now > received_ ? expected_now - received_ : 0;
  block.cumulative_lost = static_cast<std::uint32_t>(std::min<std::uint64_t>(lost_here, 0x7fffff));
  block.highest_sequence = static_cast<std::uint32_t>(highest_ - 0x10000);
  block.jitter = static_cast<std::uint32_t>(jitter_);
  return block;
}

}  // namespace ringwall::media
