#pragma once

#include <span>
#include <vector>

#include "media/types.h"

namespace ringwall::media {

/// A captured datagram of one leg.
struct CapturedPacket {
  bool from_peer = false;  ///< true: the peer sent it to us; false: we sent it
  Buffer bytes;            ///< the UDP payload: SRTP or SRTCP (told apart by RFC 5761 section 4)
};

/// How many of the packets of one direction carry a tag that is right.
struct AuthenticatedPackets {
  std::size_t packets = 0, authenticated = 0;
};
struct AuthenticationReport {
  AuthenticatedPackets from_peer, to_peer;
  std::vector<bool> authentic;  ///< one for each packet, in their order
};

/// Takes the packets, in the order of their capture, through fresh contexts of each of the keys. A packet counts once,
/// if any of the keys authenticates it; a second copy of a packet does not count as authenticated.
AuthenticationReport authenticate(std::span<const SrtpKeys> keys, std::span<const CapturedPacket> packets);

}  // namespace ringwall::media
