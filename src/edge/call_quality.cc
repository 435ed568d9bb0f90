#include "edge/call_quality.h"

#include "runtime/media_engine.h"

namespace ringwall::edge {

std::vector<std::pair<std::string_view, std::string>> quality_detail(std::string_view side,
                                                                     const media::LegReport& report) {
  std::vector<std::pair<std::string_view, std::string>> out{
      {"side", std::string(side)},
      {"received", fmt::format("{}", report.received.packets)},
      {"lost", fmt::format("{}", report.lost)},
      {"jitter_ms", fmt::format("{:.1f}", report.jitter_ms)},
      {"round_trip_ms", fmt::format("{:.1f}", report.round_trip_ms)}};
  if (report.mos > 0) {
    out.emplace_back("r_factor", fmt::format("{:.1f}", report.r_factor));
    out.emplace_back("mos", fmt::format("{:.2f}", report.mos));
  }
  if (report.heard_by_peer) {
    out.emplace_back("peer_lost", fmt::format("{}", report.heard_by_peer->lost));
    out.emplace_back("peer_jitter_ms", fmt::format("{:.1f}", report.heard_by_peer->jitter_ms));
    out.emplace_back("peer_mos", fmt::format("{:.2f}", report.heard_by_peer->mos));
  }
  return out;
}

void record_quality(const call::ElementContext& context, const std::string& interaction, std::string_view side,
                    media::LegId leg) {
  if (!context.record) return;
  context.media.report(leg, [record = context.record, interaction,
                             side = std::string(side)](const std::optional<media::LegReport>& report) {
    if (report) record(interaction, "quality", quality_detail(side, *report));
  });
}

}  // namespace ringwall::edge
