#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "call/audio_leg_ice.h"
#include "policy/site.h"
#include "runtime/media_engine.h"
#include "sdp/offer_answer.h"
#include "sip/endpoint/endpoint.h"

namespace ringwall::call {

struct AudioLegOptions {
  std::string ip;
  std::uint16_t port_low = 16384, port_high = 32767;
  std::vector<std::string> codecs{"PCMU", "PCMA"};
  std::vector<std::string> suites;  ///< SRTP suites in order; empty only together with a waiver
  /// An offer uses the first, an answer takes any of them.
  std::vector<sdp::KeyExchange> key_exchanges{sdp::KeyExchange::sdes, sdp::KeyExchange::dtls};
  policy::Ice ice = policy::Ice::off;
  std::string waiver;     ///< name of the waiver that makes this leg clear
  media::LegId beside{};  ///< a leg that this one will be relayed to
};

/// What a security profile says of key exchange, in its order; both ways if it says nothing.
std::vector<sdp::KeyExchange> key_exchanges_of(const policy::SecurityProfile& profile);
/// What a security profile says of codecs, suites, key exchange and ICE, for the options.
void use_profile(AudioLegOptions& options, const policy::SecurityProfile& profile);

/// A Reason header (RFC 3326) for the end of a call that can have no audio.
sip::Headers no_audio_reason(const Error& why);

/// One dialog's audio: a media leg together with its offer/answer state (RFC 3264). Closes its ports when it goes.
class AudioLeg {
 public:
  /// Fails if no port is free, or if neither suites nor a waiver are given.
  static Result<std::unique_ptr<AudioLeg>> open(runtime::MediaEngine& engine, AudioLegOptions options);
  ~AudioLeg();
  AudioLeg(const AudioLeg&) = delete;

  /// A new offer with fresh keys. answered() must follow before the next.
  [[nodiscard]] std::string offer();
  /// Their answer to our last offer: the leg sends and receives from here on.
  Result<> answered(std::string_view answer);
  /// Our last offer was refused: what was agreed before goes on.
  void offer_refused() { offered_.reset(); }
  /// An answer in a provisional response: applied, but answered() must still follow, with the same or another one.
  Result<> early_answered(std::string_view answer);
  /// Our answer to their offer, applied at once. The error's text is fit for a 488 and its Warning.
  Result<std::string> answer(std::string_view offer);
  /// Whether answer() would find anything acceptable; changes nothing.
  [[nodiscard]] Result<> acceptable(std::string_view offer) const;

  /// Called when no keys could be agreed on by DTLS: the call can have no audio. It may end this object.
  void when_failed(std::function<void(const Error&)> failed) { failed_ = std::move(failed); }
  /// Called when a key has protected most of what it may: a re-INVITE or UPDATE with offer() brings fresh ones. Called
  /// again, ever closer to the end of the key, until it did; not while an answer to an offer is awaited.
  void when_keys_run_out(std::function<void()> renew) { renew_ = std::move(renew); }
  /// The next offer asks for fresh keys (RFC 8842 section 3); one with SDES always does.
  void renew_keys();

  [[nodiscard]] media::LegId leg() const { return opened_.leg; }
  /// Empty on a clear leg, and while DTLS has not agreed on one.
  [[nodiscard]] const std::string& suite() const { return suite_; }
  [[nodiscard]] const std::string& codec() const { return codec_; }
  [[nodiscard]] const std::string& waiver() const { return options_.waiver; }
  [[nodiscard]] bool secure() const { return options_.waiver.empty(); }
  /// The peer asked us to stop sending or to hold (RFC 3264 section 8.4).
  [[nodiscard]] bool held() const { return held_; }

 private:
  AudioLeg(runtime::MediaEngine& engine, AudioLegOptions options, runtime::MediaEngine::Opened opened);
  [[nodiscard]] sdp::Local local() const;
  Result<> apply(const sdp::Agreed& agreed, bool we_offered);
  void path_event(const media::Event& event);
  void add_keys(sdp::Local& local) const;
  [[nodiscard]] bool asks_for_new_association(const sdp::Agreed& agreed) const;
  void end_association();
  media::DtlsParameters dtls_parameters(const sdp::Agreed& agreed);
  void media_event(const media::Event& event);

  runtime::MediaEngine& engine_;
  AudioLegOptions options_;
  runtime::MediaEngine::Opened opened_;
  std::uint64_t session_id_;
  std::uint64_t version_ = 0;
  std::optional<sdp::SessionDescription> offered_;
  AudioLegIce ice_;
  bool path_lost_ = false;
  std::string suite_, codec_;
  bool held_ = false;
  std::function<void(const Error&)> failed_;
  std::function<void()> renew_;
  std::string tls_id_;               ///< ours, as the next description says it
  std::string association_tls_id_;   ///< ours, of the present association
  std::optional<sdp::Agreed> dtls_;  ///< what the present association was agreed on with
  std::uint32_t association_ = 0;    ///< counts them
};

}  // namespace ringwall::call
