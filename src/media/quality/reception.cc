#include "media/quality/reception.h"

#include <algorithm>
#include <cmath>

#include "media/codec/codec.h"

namespace ringwall::media {
namespace {

template <class Unsigned>
Unsigned rounded(double value, double most) {
  return static_cast<Unsigned>(std::lround(std::clamp(value, 0.0, most)));
}

/// Binary fractions of RFC 3611 section 4.7.1: multiplied by 256, cut off at the top.
std::uint8_t in_256ths(double share) {
  return static_cast<std::uint8_t>(std::clamp(share * 256.0, 0.0, 255.0));
}

double buffered_ms(double jitter_ms) {
  return std::max<double>(frame_ms, 2.0 * jitter_ms);
}

}  // namespace

Rating rate(const Reception& reception) {
  const double one_way_ms = reception.round_trip_ms / 2.0 + frame_ms + buffered_ms(reception.jitter_ms);
  Impairment network{.loss = reception.losses.loss(), .burst_ratio = reception.losses.burst_ratio};
  const CodecImpairment codec = impairment_of(reception.codec);
  const double listening = mean_opinion_score(r_factor(network, codec));
  network.one_way = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(one_way_ms));
  const double r = r_factor(network, codec);
  return {.r = r, .mos = mean_opinion_score(r), .listening_mos = listening};
}

VoipMetrics voip_metrics(const Reception& reception) {
  constexpr double most_16 = 65'535;
  const LossPattern::Figures& losses = reception.losses;
  const Rating rating = rate(reception);
  const double buffer = buffered_ms(reception.jitter_ms);
  return {.ssrc = reception.ssrc,
          .loss_rate = in_256ths(losses.loss()),
          .burst_density = in_256ths(losses.burst_density),
          .gap_density = in_256ths(losses.gap_density),
          .burst_duration_ms = rounded<std::uint16_t>(losses.burst_packets * frame_ms, most_16),
          .gap_duration_ms = rounded<std::uint16_t>(losses.gap_packets * frame_ms, most_16),
          .round_trip_ms = rounded<std::uint16_t>(reception.round_trip_ms, most_16),
          .end_system_delay_ms = rounded<std::uint16_t>(frame_ms + buffer, most_16),
          .gap_minimum = LossPattern::gap_minimum,
          .r_factor = rounded<std::uint8_t>(rating.r, 100),
          .mos_listening = rounded<std::uint8_t>(rating.listening_mos * 10, 50),
          .mos_conversational = rounded<std::uint8_t>(rating.mos * 10, 50),
          .jitter_buffer_ms = rounded<std::uint16_t>(buffer, most_16),
          .jitter_buffer_largest_ms = rounded<std::uint16_t>(buffer, most_16),
          .jitter_buffer_limit_ms = rounded<std::uint16_t>(buffer, most_16)};
}

HeardByPeer heard_by_peer(const ReportBlock& block, const std::optional<VoipMetrics>& metrics, Codec codec,
                          double round_trip_ms) {
  // The count has 24 bits and a sign: duplicates can make it negative (RFC 3550 section 6.4.1).
  const bool negative = (block.cumulative_lost & 0x80'0000) != 0;
  HeardByPeer out{.lost = negative ? 0 : block.cumulative_lost,
                  .loss_percent = 100.0 * block.fraction_lost / 256.0,
                  .jitter_ms = block.jitter * 1000.0 / facts(codec).clock_rate};
  Reception there{.jitter_ms = out.jitter_ms, .round_trip_ms = round_trip_ms, .codec = codec};
  there.losses = {.packets = 256, .lost = block.fraction_lost};
  out.mos = rate(there).mos;
  if (metrics && metrics->mos_conversational >= 10 && metrics->mos_conversational <= 50)
    out.mos = metrics->mos_conversational / 10.0;
  return out;
}

}  // namespace ringwall::media
