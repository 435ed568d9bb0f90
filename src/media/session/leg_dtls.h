#pragma once

#include <memory>
#include <optional>
#include <string>

#include "crypto/dtls_cookie.h"
#include "crypto/dtls_session.h"
#include "media/session/packet_address.h"
#include "media/types.h"

namespace ringwall::media {

/// The DTLS of one leg: agrees on the keys of its SRTP with the peer that signalling named (RFC 5763, RFC 5764).
///
///   active:   aim() --ClientHello--> peer
///   passive:  hello without cookie --HelloVerifyRequest--> ; hello with cookie: an association begins
///
/// A passive leg cannot know its peer by the address: it may be behind a NAT. So whoever shows a cookie may try, and
/// one who fails from an address that was not signalled is forgotten; he may not end the call. One association is tried
/// at a time; the signalled address takes it over from any other.
class LegDtls {
 public:
  struct Datagram {
    PacketAddress to;
    Buffer bytes;
  };

  LegDtls(std::shared_ptr<const crypto::DtlsContext> context, DtlsParameters parameters, Time now);

  /// Where the peer is, as signalled or as ICE found. An active leg begins now.
  void aim(const PacketAddress& peer, Time now);
  /// `reachable`: connectivity checks have proved that the peer is at `from`, so no cookie is asked for.
  void receive(Bytes datagram, const PacketAddress& from, bool reachable, Time now);
  void expire(Time now);

  std::optional<Datagram> poll_transmit();
  /// Once, when agreed.
  std::optional<SrtpKeys> take_keys();
  /// Once, when there will be no keys.
  std::optional<std::string> take_failure();

  /// Whether these parameters are those of this association (RFC 8842 section 3).
  [[nodiscard]] bool serves(const DtlsParameters& parameters) const;
  [[nodiscard]] bool agreed() const { return agreed_; }
  /// Whether a ClientHello is the one that this association began with.
  [[nodiscard]] bool began_with(const crypto::DtlsClientHello& hello) const;
  /// Where the peer answers from.
  [[nodiscard]] const PacketAddress& peer() const { return peer_; }
  /// Packets dropped: from elsewhere, or not understood.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// Handshakes that failed at addresses that were not signalled.
  [[nodiscard]] std::uint64_t strangers() const { return strangers_; }

 private:
  void begin(const PacketAddress& peer, Bytes cookie, Time now);
  void hear_hello(Bytes datagram, const std::optional<crypto::DtlsClientHello>& hello, const PacketAddress& from,
                  bool reachable, Time now);
  [[nodiscard]] bool may_begin(const PacketAddress& from, Time now) const;
  void look(Time now);
  void fail(std::string why);

  std::shared_ptr<const crypto::DtlsContext> context_;
  DtlsParameters parameters_;
  Time deadline_, began_{};
  PacketAddress aim_, peer_;
  std::unique_ptr<crypto::DtlsSession> session_;
  Buffer hello_;                        // what tells it from another
  std::optional<Datagram> last_words_;  // to somebody of whom nothing is kept
  std::optional<SrtpKeys> keys_;
  std::optional<std::string> failure_;
  std::string last_stranger_;  // why the last of them failed
  bool agreed_ = false, failed_ = false;
  std::uint64_t refused_ = 0, strangers_ = 0;
};

/// The profile of use_srtp for a suite; nothing for those that DTLS cannot agree on (RFC 6188 names none).
std::optional<crypto::SrtpProfile> dtls_profile(Suite suite);

}  // namespace ringwall::media
