#pragma once

#include <memory>
#include <string>

#include "call/element.h"
#include "voice_browser/prompt_store.h"

namespace ringwall::voice_browser {

/// Answers IVR legs (RFC 5552): INVITE sip:dialog@host;voicexml=<script> runs that script of the site's vxml folder
/// with the leg's audio, and ends with a BYE that carries what the script's <exit namelist> named.
class VoiceBrowser final : public call::Element {
 public:
  VoiceBrowser(call::ElementContext context, std::string name);

  [[nodiscard]] PromptStore& prompts() { return prompts_; }
  /// For whom media events of a leg are. The site's composition calls media_event() with every event of the engine.
  void listen(media::LegId leg, std::function<void(const media::Event&)> listener);
  void forget(media::LegId leg);
  void media_event(const media::Event& event);

 private:
  void on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) override;

  PromptStore prompts_;
  std::unordered_map<media::LegId, std::function<void(const media::Event&)>> listeners_;
};

}  // namespace ringwall::voice_browser
