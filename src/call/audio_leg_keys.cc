// How a leg agrees on its keys, as far as DTLS is concerned (RFC 5763, RFC 8842).
#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "call/audio_leg.h"
#include "crypto/random.h"
#include "media/session/leg_dtls.h"

namespace ringwall::call {

std::vector<sdp::KeyExchange> key_exchanges_of(const policy::SecurityProfile& profile) {
  if (profile.key_exchange.empty()) return {sdp::KeyExchange::sdes, sdp::KeyExchange::dtls};
  std::vector<sdp::KeyExchange> out;
  for (const std::string& name : profile.key_exchange)
    out.push_back(name == "dtls" ? sdp::KeyExchange::dtls : sdp::KeyExchange::sdes);
  return out;
}

void use_profile(AudioLegOptions& options, const policy::SecurityProfile& profile) {
  options.suites = profile.suites;
  if (!profile.codecs.empty()) options.codecs = profile.codecs;
  options.key_exchanges = key_exchanges_of(profile);
  options.ice = profile.ice;
}

sip::Headers no_audio_reason(const Error& why) {
  std::string text = why.what;
  std::ranges::replace_if(text, [](char c) { return c == '"' || c == '\\' || c < ' '; }, ' ');
  return {{"Reason", fmt::format("SIP;cause=488;text=\"{}\"", text)}};
}

/// A way that is in use already comes first: a re-INVITE shall not change it.
void AudioLeg::add_keys(sdp::Local& local) const {
  const auto own = crypto::fingerprint(engine_.certificate(), "sha-256");
  CHECK(own.has_value());
  local.fingerprints = {{own->hash, own->value}};
  local.tls_id = tls_id_;
  local.key_exchanges = options_.key_exchanges;
  if (dtls_) local.dtls_active = dtls_->dtls_active;
  const auto used = dtls_ ? std::optional(sdp::KeyExchange::dtls)
                          : (suite_.empty() ? std::nullopt : std::optional(sdp::KeyExchange::sdes));
  if (used) std::ranges::partition(local.key_exchanges, [&](auto exchange) { return exchange == *used; });
}

void AudioLeg::renew_keys() {
  tls_id_ = fmt::format("{:016x}{:016x}", crypto::random_u64(), crypto::random_u64());
}

/// The peer wants another association if its certificate or its identifier is another one (RFC 8842 section 3).
bool AudioLeg::asks_for_new_association(const sdp::Agreed& agreed) const {
  return agreed.dtls && dtls_ && (dtls_->fingerprints != agreed.fingerprints || dtls_->tls_id != agreed.tls_id);
}

void AudioLeg::end_association() {
  if (!dtls_) return;
  dtls_.reset();
  renew_keys();
}

media::DtlsParameters AudioLeg::dtls_parameters(const sdp::Agreed& agreed) {
  const bool renewed = association_tls_id_ != tls_id_ && !agreed.tls_id.empty();  // the peer knows of identifiers
  if (!dtls_ || asks_for_new_association(agreed) || dtls_->dtls_active != agreed.dtls_active || renewed) {
    ++association_;
    association_tls_id_ = tls_id_;
    suite_.clear();
  }
  dtls_ = agreed;
  media::DtlsParameters out;
  out.association = association_;
  out.active = agreed.dtls_active;
  for (const sdp::Fingerprint& fingerprint : agreed.fingerprints)
    out.remote.push_back({fingerprint.hash, fingerprint.value});
  for (const std::string& name : options_.suites)
    if (const auto suite = media::parse_suite(name); suite && media::dtls_profile(*suite)) out.suites.push_back(*suite);
  return out;
}

void AudioLeg::media_event(const media::Event& event) {
  path_event(event);
  if (const auto* done = std::get_if<media::DtlsDone>(&event)) {
    suite_ = media::print(done->keys.suite);
    return;
  }
  if (std::holds_alternative<media::KeyNearlyUsed>(event) && !offered_ && renew_) {
    log::info("media", "leg {}: its keys are nearly used up; fresh ones are asked for", opened_.leg);
    renew_keys();
    const auto renew = renew_;  // a copy: it may end this object
    return renew();
  }
  const auto* failed = std::get_if<media::DtlsFailed>(&event);
  if (failed == nullptr) return;
  const Error why{failed->why, opened_.address.text(),
                  "see 'ringwall show calls'; the peer's SDP names its certificate"};
  log::warning("media", "leg {}: {}", opened_.leg, why.text());
  if (const auto tell = failed_) tell(why);  // a copy: it may end this object
}

}  // namespace ringwall::call
