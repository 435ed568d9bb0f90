#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "media/rtp/rtcp_writer.h"

/// RTCP extended reports with the VoIP metrics block (RFC 3611 section 4.7):
///
///    0                   1                   2                   3
///   |     BT=7      |   reserved    |       block length = 8        |
///   |                        SSRC of source                         |
///   |   loss rate   | discard rate  | burst density |  gap density  |
///   |       burst duration          |         gap duration          |
///   |     round trip delay          |       end system delay        |
///   | signal level  |  noise level  |     RERL      |     Gmin      |
///   |   R factor    | ext. R factor |    MOS-LQ     |    MOS-CQ     |
///   |   RX config   |   reserved    |          JB nominal           |
///   |          JB maximum           |          JB abs max           |
namespace ringwall::media {

struct VoipMetrics {
  static constexpr std::uint8_t unavailable = 127;

  std::uint32_t ssrc = 0;  ///< of the stream that was received
  std::uint8_t loss_rate = 0, discard_rate = 0, burst_density = 0, gap_density = 0;  ///< in 1/256
  std::uint16_t burst_duration_ms = 0, gap_duration_ms = 0;
  std::uint16_t round_trip_ms = 0, end_system_delay_ms = 0;
  std::uint8_t signal_level = unavailable, noise_level = unavailable, echo_return_loss = unavailable;
  std::uint8_t gap_minimum = 16;
  std::uint8_t r_factor = unavailable, external_r_factor = unavailable;
  std::uint8_t mos_listening = unavailable, mos_conversational = unavailable;  ///< in 1/10
  std::uint8_t receiver_configuration = 0;  ///< concealment and jitter buffer; 0: not said
  std::uint16_t jitter_buffer_ms = 0, jitter_buffer_largest_ms = 0, jitter_buffer_limit_ms = 0;
  bool operator==(const VoipMetrics&) const = default;
};

inline constexpr std::uint8_t rtcp_extended_report = 207;

/// Writes a whole extended report of 44 bytes.
void write_voip_metrics(RtcpWriter& out, std::uint32_t our_ssrc, const VoipMetrics& metrics);

/// The VoIP metrics about `source` in the body of an extended report (behind its first word), if it has any.
std::optional<VoipMetrics> find_voip_metrics(Bytes body, std::uint32_t source);

}  // namespace ringwall::media
