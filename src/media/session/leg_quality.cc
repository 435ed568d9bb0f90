// How well each side hears the other.
#include "media/quality/reception.h"
#include "media/session/leg.h"

namespace ringwall::media {

Reception Leg::reception() const {
  return {.ssrc = statistics_.ssrc(),
          .losses = statistics_.losses(),
          .jitter_ms = statistics_.jitter_ms(),
          .round_trip_ms = round_trip_ms_,
          .codec = parameters_.codec};
}

void Leg::hear_of_us(const RtcpReceived& report, Time now) {
  if (!report.about_us) return;
  if (const auto trip = ringwall::media::round_trip_ms(*report.about_us, now)) round_trip_ms_ = *trip;
  if (!heard_by_peer_) heard_by_peer_ = std::make_unique<HeardByPeer>();
  *heard_by_peer_ = heard_by_peer(*report.about_us, report.voip_about_us, parameters_.codec, round_trip_ms_);
}

void Leg::report_quality(LegReport& out) const {
  out.lost = statistics_.lost();
  out.jitter_ms = statistics_.jitter_ms();
  out.round_trip_ms = round_trip_ms_;
  if (statistics_.started()) {
    const Rating rating = rate(reception());
    out.r_factor = rating.r;
    out.mos = rating.mos;
  }
  if (heard_by_peer_) out.heard_by_peer = *heard_by_peer_;
}

}  // namespace ringwall::media
