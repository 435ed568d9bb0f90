#include <algorithm>
#include <cstdlib>

#include "media/dtmf/telephone_event.h"
#include "media/rtp/rtp_packet.h"
#include "media/rtp/statistics.h"
#include "media/session/sequencer.h"

/// A stream of packets, each with a length byte before it, through everything that reads plain RTP.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  ByteReader in(Bytes(data, size));
  media::ReceiverStatistics statistics;
  media::DtmfReceiver digits;
  media::Sequencer sequencer(1, 0x7fff, 5);
  Time now = Time{} + std::chrono::seconds(100);
  while (in.remaining() > 0) {
    const std::size_t length = in.u8();
    const Bytes packet = in.take(std::min(length, in.remaining()));
    const auto header = media::parse_rtp_header(packet);
    if (!header) continue;
    if (header->size > packet.size()) abort();
    now += std::chrono::milliseconds(20);
    statistics.receive(*header, now, true);
    (void)statistics.report();
    if (statistics.jitter_ms() < 0) abort();
    if (const auto payload = media::rtp_payload(packet, *header)) {
      if (payload->size() > packet.size()) abort();
      (void)digits.receive(*header, *payload, now);
    }
    (void)digits.expire(now);
    (void)sequencer.next({1, header->ssrc}, header->sequence, header->timestamp, header->marker, now);
  }
  return 0;
}
