#include "media/session/authentication.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "media/srtp/srtp_session.h"

namespace ringwall::media {
namespace {

/// Our own packets, as the peer sees them.
SrtpKeys sent_under(const SrtpKeys& keys) {
  return {.suite = keys.suite, .remote = keys.local, .remote_mki = keys.local_mki, .lifetime = keys.lifetime};
}

struct Generation {
  explicit Generation(const SrtpKeys& keys) : from_peer(keys), to_peer(sent_under(keys)) {}
  SrtpReceiver from_peer, to_peer;
};

bool authenticates(SrtpReceiver& receiver, Bytes packet) {
  std::array<std::uint8_t, limits::rtp_packet_bytes + srtp_expansion> copy;
  if (packet.size() > copy.size()) return false;
  std::ranges::copy(packet, copy.begin());
  const MutableBytes work = MutableBytes(copy).first(packet.size());
  if (is_rtcp(packet)) return receiver.unprotect_rtcp(work).status == SrtpStatus::ok;
  const auto header = parse_rtp_header(packet);
  return header && receiver.unprotect_rtp(work, *header).status == SrtpStatus::ok;
}

}  // namespace

AuthenticationReport authenticate(std::span<const SrtpKeys> keys, std::span<const CapturedPacket> packets) {
  std::vector<std::unique_ptr<Generation>> generations;
  for (const SrtpKeys& pair : keys)
    generations.push_back(std::make_unique<Generation>(pair));
  AuthenticationReport report;
  for (const CapturedPacket& packet : packets) {
    AuthenticatedPackets& side = packet.from_peer ? report.from_peer : report.to_peer;
    ++side.packets;
    const bool authentic = std::ranges::any_of(generations, [&](const auto& generation) {
      return authenticates(packet.from_peer ? generation->from_peer : generation->to_peer, packet.bytes);
    });
    side.authenticated += authentic;
    report.authentic.push_back(authentic);
  }
  return report;
}

}  // namespace ringwall::media
