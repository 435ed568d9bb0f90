#include "media/rtp/rtcp_xr.h"

namespace ringwall::media {
namespace {

constexpr std::uint8_t voip_metrics_block = 7;
constexpr std::size_t block_words = 8;

VoipMetrics read_block(ByteReader in) {
  VoipMetrics out{.ssrc = in.u32(),
                  .loss_rate = in.u8(),
                  .discard_rate = in.u8(),
                  .burst_density = in.u8(),
                  .gap_density = in.u8(),
                  .burst_duration_ms = in.u16(),
                  .gap_duration_ms = in.u16(),
                  .round_trip_ms = in.u16(),
                  .end_system_delay_ms = in.u16(),
                  .signal_level = in.u8(),
                  .noise_level = in.u8(),
                  .echo_return_loss = in.u8(),
                  .gap_minimum = in.u8(),
                  .r_factor = in.u8(),
                  .external_r_factor = in.u8(),
                  .mos_listening = in.u8(),
                  .mos_conversational = in.u8(),
                  .receiver_configuration = in.u8()};
  in.skip(1);
  out.jitter_buffer_ms = in.u16();
  out.jitter_buffer_largest_ms = in.u16();
  out.jitter_buffer_limit_ms = in.u16();
  return out;
}

}  // namespace

void write_voip_metrics(RtcpWriter& out, std::uint32_t our_ssrc, const VoipMetrics& metrics) {
  out.open(0, rtcp_extended_report);
  out.number(our_ssrc, 4);
  out.u8(voip_metrics_block);
  out.u8(0);
  out.number(block_words, 2);
  out.number(metrics.ssrc, 4);
  for (const std::uint8_t value : {metrics.loss_rate, metrics.discard_rate, metrics.burst_density, metrics.gap_density})
    out.u8(value);
  for (const std::uint16_t value :
       {metrics.burst_duration_ms, metrics.gap_duration_ms, metrics.round_trip_ms, metrics.end_system_delay_ms})
    out.number(value, 2);
  for (const std::uint8_t value :
       {metrics.signal_level, metrics.noise_level, metrics.echo_return_loss, metrics.gap_minimum, metrics.r_factor,
        metrics.external_r_factor, metrics.mos_listening, metrics.mos_conversational, metrics.receiver_configuration})
    out.u8(value);
  out.u8(0);
  for (const std::uint16_t value :
       {metrics.jitter_buffer_ms, metrics.jitter_buffer_largest_ms, metrics.jitter_buffer_limit_ms})
    out.number(value, 2);
  out.close();
}

std::optional<VoipMetrics> find_voip_metrics(Bytes body, std::uint32_t source) {
  ByteReader in(body);
  in.skip(4);
  while (in.ok() && in.remaining() > 0) {
    const std::uint8_t type = in.u8();
    in.skip(1);
    const std::size_t words = in.u16();
    const Bytes block = in.take(4 * words);
    if (!in.ok() || type != voip_metrics_block || words != block_words) continue;
    if (const VoipMetrics metrics = read_block(ByteReader(block)); metrics.ssrc == source) return metrics;
  }
  return std::nullopt;
}

}  // namespace ringwall::media
