#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/srtp/srtp_session.h"
#include "media/types.h"

namespace ringwall::media {

/// The security of one leg over its whole life: keys, re-keying with an overlap, or the waiver that does without.
class LegSecurity {
 public:
  /// Checks what configure() would take.
  static Result<> check(const LegParameters& parameters);

  /// Takes new parameters. Equal keys change nothing. New remote keys are accepted at once; the old ones until 2 s
  /// after the first packet under the new ones, at most 32 s.
  /// With DtlsParameters nothing is sent or taken before agree(), but under keys that were there already.
  void configure(const LegParameters& parameters, Time now);
  /// Takes the keys that DTLS agreed on, as configure() would.
  void agree(const SrtpKeys& keys, Time now);

  SrtpResult protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header);
  SrtpResult protect_rtcp(MutableBytes buffer, std::size_t size);
  SrtpResult unprotect_rtp(MutableBytes packet, const RtpHeader& header, Time now);
  SrtpResult unprotect_rtcp(MutableBytes packet, Time now);
  void expire(Time now);
  /// True when one of the keys has protected most of what it may (RFC 3711 section 8.1), and again, ever closer to its
  /// end, until there are others.
  [[nodiscard]] bool take_nearly_used();

  /// False while all that came from this source was under keys that newer ones have replaced: the former peer, maybe.
  [[nodiscard]] bool is_present_source(std::uint32_t ssrc) const {
    return !receiver_ || receiver_->highest(ssrc).has_value();
  }
  [[nodiscard]] bool clear() const { return !waiver_.empty(); }
  /// Packets can be sent: there are keys, or a waiver does without.
  [[nodiscard]] bool ready() const { return sender_.has_value() || clear(); }
  [[nodiscard]] const std::string& waiver() const { return waiver_; }
  [[nodiscard]] std::string_view suite() const { return keys_ ? print(keys_->suite) : std::string_view{}; }
  /// ROC of what `ssrc` sent under the present key.
  [[nodiscard]] std::uint32_t sent_rollovers(std::uint32_t ssrc) const {
    return sender_ ? sender_->rollover_counter(ssrc) : 0;
  }
  /// True if these parameters would change our sending key.
  [[nodiscard]] bool changes_local_key(const LegParameters& parameters) const;

 private:
  void worked_with_new_key(Time now);
  /// What becomes of a packet without keys: nothing, but on a waived leg.
  [[nodiscard]] SrtpResult without_keys(std::size_t size) const {
    return {clear() ? SrtpStatus::ok : SrtpStatus::no_keys, size};
  }

  std::string waiver_;
  std::optional<SrtpKeys> keys_;
  std::optional<SrtpSender> sender_;
  std::optional<SrtpReceiver> receiver_;
  std::unique_ptr<SrtpReceiver> previous_;  // seldom there
  Time previous_until_{};
  unsigned told_urgency_ = 0;
};

}  // namespace ringwall::media
