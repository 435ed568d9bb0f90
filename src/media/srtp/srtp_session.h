#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/secret.h"
#include "media/rtp/rtp_packet.h"
#include "media/srtp/key_usage.h"
#include "media/srtp/replay_window.h"
#include "media/srtp/transform.h"

/// SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714): packets in, packets out, no clock and no socket.
namespace ringwall::media {

enum class SrtpStatus : std::uint8_t {
  ok,
  malformed,
  authentication_failed,
  replayed,          ///< seen before, or older than the replay window (receiver); an index used before (sender)
  too_many_sources,  ///< more SSRCs under one key than limits::srtp_ssrcs_per_leg (sender) or srtp_retired_ssrcs
  key_exhausted,     ///< all packets of a master key's lifetime are used (RFC 3711 section 9.2)
  unknown_key,       ///< the master key identifier names none of the keys
  no_keys,           ///< none are agreed on yet, so nothing may be sent or taken
};

struct SrtpResult {
  SrtpStatus status = SrtpStatus::ok;
  std::size_t size = 0;  ///< of the packet afterwards, when ok
};

/// The index of `sequence` that lies nearest to the highest one so far (RFC 3711 section 3.3.1, appendix A), or nothing
/// if it would lie before the first packet.
std::optional<std::uint64_t> estimate_index(std::uint64_t highest, std::uint16_t sequence);

/// What we send under one master key. Never uses an index twice, whatever it is fed: with AEAD and counter mode a
/// second use would give the key stream away.
class SrtpSender {
 public:
  /// `first_rtcp_index`: a session that changes keys and back goes on counting, so no key sees an index again.
  SrtpSender(Suite suite, Bytes key_and_salt, std::uint32_t first_rtcp_index = 0);
  /// With the identifier and the lifetime of our key among `keys`.
  explicit SrtpSender(const SrtpKeys& keys, std::uint32_t first_rtcp_index = 0);

  /// In place; `buffer` needs srtp_expansion bytes behind `size`. `header` is the packet's own, already parsed or
  /// built.
  SrtpResult protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header);
  SrtpResult protect_rtcp(MutableBytes buffer, std::size_t size);

  /// ROC of `ssrc`; 0 if it never sent.
  [[nodiscard]] std::uint32_t rollover_counter(std::uint32_t ssrc) const;
  [[nodiscard]] std::uint32_t next_rtcp_index() const { return next_rtcp_index_; }
  [[nodiscard]] unsigned urgency() const { return usage_.urgency(); }  ///< KeyUsage::urgency()

 private:
  struct Source {
    std::uint32_t ssrc = 0;
    bool used = false;
    ReplayWindow window;
  };
  Source* source(std::uint32_t ssrc);
  [[nodiscard]] std::size_t with_mki(MutableBytes buffer, std::size_t size, bool rtcp) const;

  SrtpTransform rtp_, rtcp_;
  std::vector<std::uint8_t> mki_;
  KeyUsage usage_;
  std::array<Source, limits::srtp_ssrcs_per_leg> sources_{};
  std::uint32_t next_rtcp_index_;
};

/// What the peer sends under one master key, or under several that it names in each packet. A source is remembered only
/// after a packet of it authenticated, so forged packets neither use up the table nor move a window. When the table is
/// full, a new source takes the place of the one that was silent for longest. What that one has sent stays known, so
/// that none of it can be played again.
class SrtpReceiver {
 public:
  SrtpReceiver(Suite suite, Bytes key_and_salt);
  /// With the peer's keys, their identifiers and lifetime.
  explicit SrtpReceiver(const SrtpKeys& keys);

  /// In place. A source that is not known yet is taken to be at `start_rollover`: 0, or, for a peer that re-keyed
  /// without a new SSRC, the ROC it had reached (RFC 3711 section 3.3.1).
  SrtpResult unprotect_rtp(MutableBytes packet, const RtpHeader& header, std::uint32_t start_rollover = 0);
  SrtpResult unprotect_rtcp(MutableBytes packet);

  /// The highest index that authenticated in `ssrc`.
  [[nodiscard]] std::optional<std::uint64_t> highest(std::uint32_t ssrc) const;
  [[nodiscard]] unsigned urgency() const;  ///< KeyUsage::urgency() of the most used key

 private:
  struct Key {
    Key(Suite suite, Bytes key_and_salt, std::vector<std::uint8_t> identifier, std::uint64_t lifetime);
    SrtpTransform rtp, rtcp;
    std::vector<std::uint8_t> mki;
    KeyUsage usage;
  };
  struct Source {
    std::uint32_t ssrc = 0;
    bool used = false;
    std::uint64_t last_heard = 0;  // in accepted packets
    ReplayWindow window;           // over 48-bit packet indices
    ReplayWindow rtcp_window;      // over 31-bit SRTCP indices
  };
  [[nodiscard]] Source* find(std::uint32_t ssrc);
  [[nodiscard]] Source recall(std::uint32_t ssrc) const;
  [[nodiscard]] bool has_place_for(std::uint32_t ssrc) const;
  Source& settle(const Source& heard);
  Key* key_named(Bytes mki);
  Key* take_mki(MutableBytes& packet, bool rtcp);

  Key key_;
  std::vector<std::unique_ptr<Key>> more_;
  std::array<Source, limits::srtp_ssrcs_per_leg> sources_{};
  std::vector<Source> retired_;  // seldom any
  std::uint64_t accepted_ = 0;
};

}  // namespace ringwall::media
