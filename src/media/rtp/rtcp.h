#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "media/rtp/rtcp_xr.h"

/// RTCP sender and receiver reports, source description and goodbye (RFC 3550 section 6).
namespace ringwall::media {

struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;
  std::uint32_t cumulative_lost = 0;  ///< 24 bits
  std::uint32_t highest_sequence = 0;
  std::uint32_t jitter = 0;  ///< timestamp units
  std::uint32_t last_sender_report = 0;
  std::uint32_t delay_since_last_sender_report = 0;  ///< 1/65536 s
};

struct SenderInfo {
  std::uint64_t ntp = 0;  ///< 32.32 seconds; a relative clock is allowed (section 6.4.1)
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0, bytes = 0;
};

struct RtcpReport {
  std::uint32_t ssrc = 0;
  std::optional<SenderInfo> sender;
  std::optional<ReportBlock> block;
  std::string_view cname;
  bool bye = false;
  std::optional<VoipMetrics> voip;
};

/// A compound packet: SR or RR, SDES with the CNAME, the VoIP metrics, BYE if asked for. Gives its size; `out` needs
/// 172 bytes plus the CNAME (at most 255 bytes of it are used).
std::size_t write_rtcp(MutableBytes out, const RtcpReport& report);

/// What a compound from a peer says that matters to us.
struct RtcpReceived {
  std::uint32_t ssrc = 0;  ///< of its sender
  std::optional<SenderInfo> sender;
  std::optional<ReportBlock> about_us;  ///< the block about `our_ssrc`
  std::optional<VoipMetrics> voip_about_us;
  bool bye = false;
};
/// How long to wait for the next report of ours (RFC 3550 sections 6.2 and 6.3.1): `random` is even in [0, 1). Two
/// members with 5 % of a telephone call's bandwidth always come to the least interval, 5 s, half of it at first.
std::chrono::milliseconds rtcp_interval(bool first, double random);

/// Reads a plain compound packet. Nothing if it breaks the rules of appendix A.2; packet types that are not known are
/// stepped over.
std::optional<RtcpReceived> parse_rtcp(Bytes packet, std::uint32_t our_ssrc);

/// The clock of sender reports: `now` as 32.32 seconds.
std::uint64_t ntp_time(Time now);
/// The middle 32 bits, as LSR and DLSR use them.
inline std::uint32_t ntp_middle(std::uint64_t ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}
/// Round trip of a block that answers one of our sender reports (section 6.4.1), in ms; nothing if it answers none or
/// the figures contradict each other.
std::optional<double> round_trip_ms(const ReportBlock& block, Time now);

}  // namespace ringwall::media
