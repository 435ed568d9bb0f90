#pragma once

#include "media/quality/e_model.h"
#include "media/rtp/loss_pattern.h"
#include "media/rtp/rtcp.h"

namespace ringwall::media {

/// What a receiver knows of the stream that it gets.
struct Reception {
  std::uint32_t ssrc = 0;
  LossPattern::Figures losses;
  double jitter_ms = 0, round_trip_ms = 0;
  Codec codec = Codec::pcmu;
};

struct Rating {
  double r = 0, mos = 0;
  double listening_mos = 0;  ///< without what delay does to a conversation
};
/// Delay is half the round trip, the packet's 20 ms, and what a jitter buffer has to hold: twice the jitter, at least
/// a packet.
Rating rate(const Reception& reception);

/// The block for our report about it (RFC 3611 section 4.7).
VoipMetrics voip_metrics(const Reception& reception);

/// What a peer's report says of our stream, which is in `codec`. Its own rating counts if it sent one.
HeardByPeer heard_by_peer(const ReportBlock& block, const std::optional<VoipMetrics>& metrics, Codec codec,
                          double round_trip_ms);

}  // namespace ringwall::media
