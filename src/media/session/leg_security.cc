#include "media/session/leg_security.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/constant_time.h"

namespace ringwall::media {
namespace {

using namespace std::chrono_literals;
constexpr auto overlap = 2s, longest_overlap = 32s;

/// What was there before an attempt changed it in place.
class Saved {
 public:
  explicit Saved(Bytes packet) : size_(std::min(packet.size(), bytes_.size())) {
    std::ranges::copy(packet.first(size_), bytes_.begin());
  }
  void restore(MutableBytes packet) const { std::ranges::copy(Bytes(bytes_).first(size_), packet.begin()); }

 private:
  std::array<std::uint8_t, limits::rtp_packet_bytes> bytes_;
  std::size_t size_;
};

}  // namespace

Result<> LegSecurity::check(const LegParameters& parameters) {
  if (const auto* waiver = std::get_if<std::string>(&parameters.security)) {
    if (waiver->empty())
      return fail("a media leg without encryption needs a waiver", {}, "use SRTP, or name a waiver in its profile");
    return {};
  }
  if (std::holds_alternative<DtlsParameters>(parameters.security))
    return fail("this leg has no DTLS identity to agree on keys with");
  const SrtpKeys& keys = std::get<SrtpKeys>(parameters.security);
  const std::size_t need = lengths(keys.suite).key_and_salt();
  if (keys.local.size() != need || keys.remote.size() != need)
    return fail(fmt::format("{} needs keys of {} bytes with their salt; there are {} (ours) and {} (the peer's)",
                            print(keys.suite), need, keys.local.size(), keys.remote.size()));
  return {};
}

bool LegSecurity::changes_local_key(const LegParameters& parameters) const {
  const auto* keys = std::get_if<SrtpKeys>(&parameters.security);
  return keys != nullptr && keys_ &&
         (keys->suite != keys_->suite || !crypto::equal(keys->local.reveal(), keys_->local.reveal()));
}

void LegSecurity::configure(const LegParameters& parameters, Time now) {
  CHECK(check(parameters).has_value());
  if (const auto* waiver = std::get_if<std::string>(&parameters.security)) {
    waiver_ = *waiver;
    keys_.reset();
    sender_.reset();
    receiver_.reset();
    previous_.reset();
    return;
  }
  waiver_.clear();
  const SrtpKeys& keys = std::get<SrtpKeys>(parameters.security);
  const bool same_suite = keys_ && keys_->suite == keys.suite;
  if (!same_suite || !crypto::equal(keys.local.reveal(), keys_->local.reveal())) {
    const std::uint32_t index = sender_ ? sender_->next_rtcp_index() : 0;
    sender_.emplace(keys.suite, keys.local.reveal(), index);
  }
  if (!same_suite || !crypto::equal(keys.remote.reveal(), keys_->remote.reveal())) {
    previous_.reset();
    if (receiver_) {
      previous_ = std::make_unique<SrtpReceiver>(std::move(*receiver_));
      previous_until_ = now + longest_overlap;
    }
    receiver_.reset();
    receiver_.emplace(keys.suite, keys.remote.reveal());
  }
  keys_ = keys;
}

SrtpResult LegSecurity::protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header) {
  return sender_ ? sender_->protect_rtp(buffer, size, header) : SrtpResult{SrtpStatus::ok, size};
}

SrtpResult LegSecurity::protect_rtcp(MutableBytes buffer, std::size_t size) {
  return sender_ ? sender_->protect_rtcp(buffer, size) : SrtpResult{SrtpStatus::ok, size};
}

void LegSecurity::worked_with_new_key(Time now) {
  previous_until_ = std::min(previous_until_, now + overlap);
}

SrtpResult LegSecurity::unprotect_rtp(MutableBytes packet, const RtpHeader& header, Time now) {
  if (!receiver_) return {SrtpStatus::ok, packet.size()};
  if (!previous_) return receiver_->unprotect_rtp(packet, header);

  const Saved saved(packet);
  SrtpResult result = receiver_->unprotect_rtp(packet, header);
  const std::uint64_t reached = previous_->highest(header.ssrc).value_or(0) >> 16;
  if (result.status == SrtpStatus::authentication_failed && reached > 0 && !receiver_->highest(header.ssrc)) {
    saved.restore(packet);
    result = receiver_->unprotect_rtp(packet, header, static_cast<std::uint32_t>(reached));
  }
  if (result.status == SrtpStatus::ok) {
    worked_with_new_key(now);
    return result;
  }
  saved.restore(packet);
  return previous_->unprotect_rtp(packet, header);
}

SrtpResult LegSecurity::unprotect_rtcp(MutableBytes packet, Time now) {
  if (!receiver_) return {SrtpStatus::ok, packet.size()};
  if (!previous_) return receiver_->unprotect_rtcp(packet);
  const Saved saved(packet);
  if (const SrtpResult result = receiver_->unprotect_rtcp(packet); result.status == SrtpStatus::ok) {
    worked_with_new_key(now);
    return result;
  }
  saved.restore(packet);
  return previous_->unprotect_rtcp(packet);
}

void LegSecurity::expire(Time now) {
  if (previous_ && now >= previous_until_) previous_.reset();
}

}  // namespace ringwall::media
