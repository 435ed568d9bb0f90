#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/dtls_context.h"
#include "crypto/fingerprint.h"

namespace ringwall::crypto {

/// Protection profiles of use_srtp (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
enum class SrtpProfile : std::uint8_t { aead_aes_256_gcm, aead_aes_128_gcm, aes128_cm_sha1_80, aes128_cm_sha1_32 };
std::string_view print(SrtpProfile profile);  ///< "SRTP_AEAD_AES_256_GCM"

struct DtlsOptions {
  bool active = false;                ///< we are the client
  std::vector<Fingerprint> peer;      ///< one of these the peer's certificate must have
  std::vector<SrtpProfile> profiles;  ///< in order of preference, at least one
};

/// What a handshake agreed on for SRTP: master key and salt of each side (RFC 5764 section 4.2).
struct DtlsKeys {
  SrtpProfile profile = SrtpProfile::aead_aes_256_gcm;
  Secret local, remote;  ///< key||salt
};

/// One DTLS 1.2 association (RFC 6347) that agrees on keys of SRTP (RFC 5764), without sockets:
///
///   receive(datagram) / expire() --> poll_transmit() ... --> state(): handshaking -> done | failed
///
/// The peer must show a certificate with a signalled fingerprint, or the handshake fails before any key exists. After
/// `done` the association only repeats its last flight for a peer that lost it, and hears the peer close.
///
/// Timers are OpenSSL's own, which reads the system's clock: `now` here is only what they are counted from. A flight is
/// repeated after 200 ms, then after twice that, up to 3 s (RFC 6347 section 4.2.4.1 allows less than the usual second
/// where the round trip is short); after limits::dtls_handshake_time the handshake has failed.
class DtlsSession {
 public:
  enum class State : std::uint8_t { handshaking, done, failed };
  struct Callbacks;  // for OpenSSL

  /// A client says hello at once. A server waits; unless `cookie` is empty, it expects a hello that shows it (checked
  /// by the caller, see dtls_cookie.h).
  DtlsSession(std::shared_ptr<const DtlsContext> context, DtlsOptions options, Time now, Bytes cookie = {});
  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;

  /// One datagram from the peer. Beyond limits::dtls_handshake_datagrams they are dropped until the handshake is over.
  void receive(Bytes datagram, Time now);
  /// When expire() has something to do.
  [[nodiscard]] std::optional<Time> next_timer(Time now) const;
  void expire(Time now);
  /// Tells the peer that the association is over (close_notify).
  void close();
  /// A datagram to send, at most `mtu` bytes.
  std::optional<Buffer> poll_transmit();

  [[nodiscard]] State state() const;
  /// Why it failed, in one sentence.
  [[nodiscard]] const std::string& why() const;
  /// True if it failed because the peer showed another certificate than was signalled.
  [[nodiscard]] bool wrong_certificate() const;
  /// The peer closed the association after it was done.
  [[nodiscard]] bool closed() const;
  /// Once, when done.
  std::optional<DtlsKeys> take_keys();

  static constexpr std::size_t mtu = 1'200;  ///< of what we send, without UDP and IP

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringwall::crypto
