#pragma once

#include <cstdint>

#include "base/time.h"
#include "media/rtp/loss_pattern.h"
#include "media/rtp/rtcp.h"
#include "media/rtp/rtp_packet.h"

namespace ringwall::media {

/// What a receiver knows about the stream it gets: loss (RFC 3550 appendix A.3) and jitter (A.8). A new SSRC starts a
/// new count; what the old one lost stays in lost().
class ReceiverStatistics {
 public:
  /// Of the timestamps; 8000 until it is said.
  void set_clock_rate(std::uint32_t rate);
  /// `measure_jitter` is false for packets whose timestamp is not their sending time (telephone events).
  void receive(const RtpHeader& header, Time now, bool measure_jitter);

  /// True if nothing newer of this source was received.
  [[nodiscard]] bool is_newest(const RtpHeader& header) const {
    return !started_ || header.ssrc != ssrc_ || sequence_before(static_cast<std::uint16_t>(highest_), header.sequence);
  }
  [[nodiscard]] std::uint64_t lost() const;
  /// How the losses of all sources so far lie in the stream.
  [[nodiscard]] LossPattern::Figures losses() const { return pattern_.figures(); }
  [[nodiscard]] double jitter_ms() const { return jitter_ / units_per_ms_; }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  /// The block for the next report; the fraction is since the last call of this.
  ReportBlock report();

 private:
  void start(const RtpHeader& header);
  [[nodiscard]] std::uint64_t expected() const { return highest_ - base_ + 1; }

  bool started_ = false;
  bool has_transit_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint64_t base_ = 0, highest_ = 0;  // extended sequence numbers; one cycle ahead so that none is negative
  std::uint64_t received_ = 0, lost_before_ = 0;
  std::uint64_t expected_prior_ = 0, received_prior_ = 0;
  LossPattern pattern_;
  std::int32_t transit_ = 0;
  double jitter_ = 0;  // in timestamp units
  std::uint32_t units_per_ms_ = 8;
};

}  // namespace ringwall::media
