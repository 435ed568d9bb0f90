#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "media/rtp/rtp_packet.h"

namespace ringwall::media {

/// One RTP stream made of many: what is played here and what is relayed from others leaves with one SSRC, and with
/// sequence numbers and timestamps that go on across every change of source. Within one source gaps and reordering pass
/// through, so the far end sees the loss that there was.
class Sequencer {
 public:
  /// Where a packet comes from; the default one is this leg itself.
  struct Source {
    std::uint64_t leg = 0;
    std::uint32_t ssrc = 0;
    friend bool operator==(const Source&, const Source&) = default;
  };

  Sequencer(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp)
      : ssrc_(ssrc), highest_(static_cast<std::uint16_t>(sequence - 1)), timestamp_(timestamp) {}

  /// The header for a packet of `source` that has this sequence number and timestamp there. Nothing for a packet from
  /// before the source took over: its number is used already.
  std::optional<RtpHeader> next(Source source, std::uint16_t sequence, std::uint32_t timestamp, bool marker, Time now);
  /// A packet of `source` that is held back on purpose must not look lost.
  void skip(Source source);
  void change_ssrc(std::uint32_t ssrc) { ssrc_ = ssrc; }
  void set_clock_rate(std::uint32_t rate) { clock_rate_ = rate; }
  [[nodiscard]] std::uint32_t clock_rate() const { return clock_rate_; }

  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  /// The stream's timestamp at `now`, for sender reports.
  [[nodiscard]] std::uint32_t timestamp_at(Time now) const;

 private:
  std::uint32_t ssrc_;
  std::uint32_t clock_rate_ = 8'000;
  std::uint16_t highest_;    // the newest number that left
  std::uint32_t timestamp_;  // of the newest packet, or the first to be
  std::optional<Time> last_;

  Source source_;
  bool has_source_ = false;
  std::uint16_t first_ = 0;  // the number with which the present source took over
  std::uint16_t last_in_ = 0;
  std::uint16_t sequence_offset_ = 0;
  std::uint32_t timestamp_offset_ = 0;
};

}  // namespace ringwall::media
