#include "proof/evidence.h"

namespace ringwall::proof {

MediaEnd media_end(const media::LegReport& report) {
  return {.dtls = report.dtls,
          .suite = report.suite,
          .waiver = report.waiver,
          .sent = report.sent.packets,
          .received = report.received.packets,
          .authentication_failures = report.authentication_failures,
          .replayed = report.replayed,
          .refused = report.refused,
          .lost = report.lost,
          .jitter_ms = report.jitter_ms};
}

}  // namespace ringwall::proof
