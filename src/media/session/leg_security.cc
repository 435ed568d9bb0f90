#include "media/session/leg_security.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "crypto/constant_time.h"
#include "media/session/leg_dtls.h"

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

Result<> check_dtls(const DtlsParameters& dtls, const LegParameters& parameters) {
  if (dtls.remote.empty()) return fail("DTLS needs a fingerprint of the peer's certificate");
  if (std::ranges::none_of(dtls.suites, [](Suite suite) { return dtls_profile(suite).has_value(); }))
    return fail("none of the leg's suites can be agreed on by DTLS", {}, "allow AES_CM_128 or AEAD_AES suites");
  if (!parameters.rtcp_mux)
    return fail("DTLS without rtcp-mux would need a second handshake for RTCP", {}, "switch on rtcp-mux (RFC 5761)");
  return {};
}

Result<> check_keys(const SrtpKeys& keys) {
  const std::size_t need = lengths(keys.suite).key_and_salt();
  if (keys.local.size() != need || keys.remote.size() != need)
    return fail(fmt::format("{} needs keys of {} bytes with their salt; there are {} (ours) and {} (the peer's)",
                            print(keys.suite), need, keys.local.size(), keys.remote.size()));
  if (keys.local_mki.size() > limits::srtp_mki_bytes || keys.remote_mki.size() > limits::srtp_mki_bytes)
    return fail(fmt::format("a master key identifier has at most {} bytes", limits::srtp_mki_bytes));
  if (keys.more_remote.size() >= limits::srtp_master_keys)
    return fail(fmt::format("there are at most {} master keys in one direction", limits::srtp_master_keys));
  for (const MasterKey& other : keys.more_remote)
    if (other.key_and_salt.size() != need || other.mki.empty() || other.mki.size() != keys.remote_mki.size())
      return fail("several master keys need identifiers of one length, and keys of the suite's");
  return {};
}

bool same_local(const SrtpKeys& a, const SrtpKeys& b) {
  return a.suite == b.suite && a.local_mki == b.local_mki && crypto::equal(a.local.reveal(), b.local.reveal());
}

bool same_remote(const SrtpKeys& a, const SrtpKeys& b) {
  const auto same = [](const MasterKey& x, const MasterKey& y) {
    return x.mki == y.mki && crypto::equal(x.key_and_salt.reveal(), y.key_and_salt.reveal());
  };
  return a.suite == b.suite && a.remote_mki == b.remote_mki && crypto::equal(a.remote.reveal(), b.remote.reveal()) &&
         std::ranges::equal(a.more_remote, b.more_remote, same);
}

/// The ROC that a source's first packet under a new key may have besides 0, when it had come to `highest` under the old
/// one: the same, or, if its sequence numbers have just wrapped, that of a count that began anew.
std::array<std::uint32_t, 2> rollovers_after(std::optional<std::uint64_t> highest, std::uint16_t sequence) {
  const auto next = highest ? estimate_index(*highest, sequence) : std::nullopt;
  if (!next) return {0, 0};
  return {static_cast<std::uint32_t>(*next >> 16), *next >> 16 > *highest >> 16 ? 1u : 0u};
}

}  // namespace

Result<> LegSecurity::check(const LegParameters& parameters) {
  if (const auto* waiver = std::get_if<std::string>(&parameters.security)) {
    if (waiver->empty())
      return fail("a media leg without encryption needs a waiver", {}, "use SRTP, or name a waiver in its profile");
    return {};
  }
  if (const auto* dtls = std::get_if<DtlsParameters>(&parameters.security)) return check_dtls(*dtls, parameters);
  return check_keys(std::get<SrtpKeys>(parameters.security));
}

bool LegSecurity::changes_local_key(const LegParameters& parameters) const {
  const auto* keys = std::get_if<SrtpKeys>(&parameters.security);
  return keys != nullptr && keys_ && !same_local(*keys, *keys_);
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
  if (const auto* keys = std::get_if<SrtpKeys>(&parameters.security)) agree(*keys, now);
}

void LegSecurity::agree(const SrtpKeys& keys, Time now) {
  if (!keys_ || !same_local(keys, *keys_)) {
    const std::uint32_t index = sender_ ? sender_->next_rtcp_index() : 0;
    sender_.emplace(keys, index);
    told_urgency_ = 0;
  }
  if (!keys_ || !same_remote(keys, *keys_)) {
    previous_.reset();
    if (receiver_) {
      previous_ = std::make_unique<SrtpReceiver>(std::move(*receiver_));
      previous_until_ = now + longest_overlap;
    }
    receiver_.reset();
    receiver_.emplace(keys);
    told_urgency_ = 0;
  }
  keys_ = keys;
}

SrtpResult LegSecurity::protect_rtp(MutableBytes buffer, std::size_t size, const RtpHeader& header) {
  return sender_ ? sender_->protect_rtp(buffer, size, header) : without_keys(size);
}

SrtpResult LegSecurity::protect_rtcp(MutableBytes buffer, std::size_t size) {
  return sender_ ? sender_->protect_rtcp(buffer, size) : without_keys(size);
}

void LegSecurity::worked_with_new_key(Time now) {
  previous_until_ = std::min(previous_until_, now + overlap);
}

SrtpResult LegSecurity::unprotect_rtp(MutableBytes packet, const RtpHeader& header, Time now) {
  if (!receiver_) return without_keys(packet.size());
  if (!previous_) return receiver_->unprotect_rtp(packet, header);

  const Saved saved(packet);
  SrtpResult result = receiver_->unprotect_rtp(packet, header);
  if (result.status == SrtpStatus::authentication_failed && !receiver_->highest(header.ssrc))
    for (const std::uint32_t rollover : rollovers_after(previous_->highest(header.ssrc), header.sequence)) {
      if (rollover == 0 || result.status != SrtpStatus::authentication_failed) continue;
      saved.restore(packet);
      result = receiver_->unprotect_rtp(packet, header, rollover);
    }
  if (result.status == SrtpStatus::ok) {
    worked_with_new_key(now);
    return result;
  }
  saved.restore(packet);
  return previous_->unprotect_rtp(packet, header);
}

SrtpResult LegSecurity::unprotect_rtcp(MutableBytes packet, Time now) {
  if (!receiver_) return without_keys(packet.size());
  if (!previous_) return receiver_->unprotect_rtcp(packet);
  const Saved saved(packet);
  if (const SrtpResult result = receiver_->unprotect_rtcp(packet); result.status == SrtpStatus::ok) {
    worked_with_new_key(now);
    return result;
  }
  saved.restore(packet);
  return previous_->unprotect_rtcp(packet);
}

bool LegSecurity::take_nearly_used() {
  if (!sender_ || !receiver_) return false;
  const unsigned urgency = std::max(sender_->urgency(), receiver_->urgency());
  return std::exchange(told_urgency_, std::max(told_urgency_, urgency)) < urgency;
}

void LegSecurity::expire(Time now) {
  if (previous_ && now >= previous_until_) previous_.reset();
}

}  // namespace ringwall::media
