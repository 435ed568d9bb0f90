#include "voice_browser/voice_browser.h"

#include "voice_browser/script_leg.h"

namespace ringwall::voice_browser {

VoiceBrowser::VoiceBrowser(call::ElementContext context, std::string name)
    : Element(std::move(context), std::move(name)), prompts_(site().folder / "prompts") {}

void VoiceBrowser::listen(media::LegId leg, std::function<void(const media::Event&)> listener) {
  listeners_[leg] = std::move(listener);
}
void VoiceBrowser::forget(media::LegId leg) {
  listeners_.erase(leg);
}

void VoiceBrowser::media_event(const media::Event& event) {
  const auto leg = std::visit([](const auto& e) { return e.leg; }, event);
  const auto found = listeners_.find(leg);
  if (found == listeners_.end()) return;
  const auto listener = found->second;  // it may forget itself
  listener(event);
}

void VoiceBrowser::on_invite(const sip::IncomingInvite& invite, const policy::Admitted& peer) {
  const auto* element = site().element(peer.name);
  if (peer.kind != policy::PeerKind::element || !element || element->kind != policy::ElementKind::call_server) {
    agent().refuse(invite, {.status = 403,
                            .warning = "only the call server sends calls to the voice browser",
                            .reason = peer.name + " sent a call to the voice browser"});
    return;
  }
  ScriptLeg::start(*this, invite);
}

}  // namespace ringwall::voice_browser
