#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/limits.h"
#include "base/secret.h"
#include "media/rtp/rtp_packet.h"
#include "media/srtp/replay_window.h"
#include "media/srtp/transform.h"

/// SRTP and SRTCP (RFC 3711, RFC 7714): packets in, packets out, no clock and no socket.
namespace ringwall::media {

enum class SrtpStatus : std::uint8_t {
  ok,
  malformed,
  authentication_failed,
  replayed,          ///< seen before, or older than the replay window (receiver); an index used before (sender)
  too_many_sources,  ///< more than limits::srtp_ssrcs_per_leg
  key_exhausted,     ///< 2^48 RTP or 2^31 RTCP packets under one master key (RFC 3711 section 9.2)
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

  /// In place; `buffer` needs srtp_expansion bytes behind `size`. `header` is the packet's own, already parsed or
  /// built.
  SrtpResult protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header);
  SrtpResult protect_rtcp(MutableBytes buffer, std::size_t size);

  /// ROC of `ssrc`; 0 if it never sent.
  [[nodiscard]] std::uint32_t rollover_counter(std::uint32_t ssrc) const;
  [[nodiscard]] std::uint32_t next_rtcp_index() const { return next_rtcp_index_; }

 private:
  struct Source {
    std::uint32_t ssrc = 0;
    bool used = false;
    ReplayWindow window;
  };
  Source* source(std::uint32_t ssrc);

  SrtpTransform rtp_, rtcp_;
  std::array<Source, limits::srtp_ssrcs_per_leg> sources_{};
  std::uint32_t next_rtcp_index_;
};

/// What the peer sends under one master key. A source is remembered only after a packet of it authenticated, so forged
/// packets neither use up the table nor move a window.
class SrtpReceiver {
 public:
  SrtpReceiver(Suite suite, Bytes key_and_salt);

  /// In place. A source that is not known yet is taken to be at `start_rollover`: 0, or, for a peer that re-keyed
  /// without a new SSRC, the ROC it had reached (RFC 3711 section 3.3.1).
  SrtpResult unprotect_rtp(MutableBytes packet, const RtpHeader& header, std::uint32_t start_rollover = 0);
  SrtpResult unprotect_rtcp(MutableBytes packet);

  /// The highest index that authenticated in `ssrc`.
  [[nodiscard]] std::optional<std::uint64_t> highest(std::uint32_t ssrc) const;

 private:
  struct Source {
    std::uint32_t ssrc = 0;
    bool used = false;
    ReplayWindow window;       // over 48-bit packet indices
    ReplayWindow rtcp_window;  // over 31-bit SRTCP indices
  };
  Source* find(std::uint32_t ssrc);
  Source* find_or_free(std::uint32_t ssrc);

  SrtpTransform rtp_, rtcp_;
  std::array<Source, limits::srtp_ssrcs_per_leg> sources_{};
};

}  // namespace ringwall::media
