#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/media_engine.h"
#include "sdp/offer_answer.h"

namespace ringwall::call {

struct AudioLegOptions {
  std::string ip;
  std::uint16_t port_low = 16384, port_high = 32767;
  std::vector<std::string> codecs{"PCMU", "PCMA"};
  std::vector<std::string> suites;  ///< SDES suites in order; empty only together with a waiver
  std::string waiver;               ///< name of the waiver that makes this leg clear
  media::LegId beside{};            ///< a leg that this one will be relayed to
};

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
  /// An answer in a provisional response: applied, but answered() must still follow, with the same or another one.
  Result<> early_answered(std::string_view answer);
  /// Our answer to their offer, applied at once. The error's text is fit for a 488 and its Warning.
  Result<std::string> answer(std::string_view offer);
  /// Whether answer() would find anything acceptable; changes nothing.
  [[nodiscard]] Result<> acceptable(std::string_view offer) const;

  [[nodiscard]] media::LegId leg() const { return opened_.leg; }
  [[nodiscard]] const std::string& suite() const { return suite_; }
  [[nodiscard]] const std::string& codec() const { return codec_; }
  [[nodiscard]] const std::string& waiver() const { return options_.waiver; }
  [[nodiscard]] bool secure() const { return options_.waiver.empty(); }
  /// The peer asked us to stop sending or to hold (RFC 3264 section 8.4).
  [[nodiscard]] bool held() const { return held_; }

 private:
  AudioLeg(runtime::MediaEngine& engine, AudioLegOptions options, runtime::MediaEngine::Opened opened);
  [[nodiscard]] sdp::Local local() const;
  Result<> apply(const sdp::Agreed& agreed);

  runtime::MediaEngine& engine_;
  AudioLegOptions options_;
  runtime::MediaEngine::Opened opened_;
  std::uint64_t session_id_;
  std::uint64_t version_ = 0;
  std::optional<sdp::SessionDescription> offered_;
  std::string suite_, codec_;
  bool held_ = false;
};

}  // namespace ringwall::call
