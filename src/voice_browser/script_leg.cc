#include "voice_browser/script_leg.h"

#include "base/log.h"
#include "call/form_urlencoded.h"

namespace ringwall::voice_browser {
namespace {

call::AudioLegOptions audio_options(const VoiceBrowser& browser) {
  call::AudioLegOptions out;
  out.ip = browser.self().address;
  out.port_low = browser.site().media_port_low;
  out.port_high = browser.site().media_port_high;
  call::use_profile(out, *browser.site().profile(policy::site_profile));
  return out;
}

vxml::SessionVariables session_variables(const sip::Message& invite) {
  return {{"session.connection.remote.uri", std::string(invite.from().uri.text)},
          {"session.connection.local.uri", std::string(invite.to().uri.text)},
          {"session.connection.protocol.name", "sip"},
          {"session.connection.protocol.version", "2.0"}};
}

std::string folder_of(const VoiceBrowser& browser) {
  return (browser.site().folder / "vxml").string();
}

}  // namespace

void ScriptLeg::start(VoiceBrowser& browser, const sip::IncomingInvite& invite) {
  const auto refuse = [&](int status, const Error& why) {
    browser.agent().refuse(invite, {.status = status, .warning = why.what, .reason = why.text(), .mend = why.mend});
  };
  const auto named = invite.message->request_uri().parameter("voicexml");
  if (!named) return refuse(404, {"the request URI names no script", "", "call sip:dialog@host;voicexml=NAME.vxml"});
  std::string script = sip::unescape(*named);
  auto document = load_document(folder_of(browser), script);
  if (!document) return refuse(500, document.error());
  auto audio = call::AudioLeg::open(browser.context().media, audio_options(browser));
  if (!audio) return refuse(503, audio.error());

  const std::string_view offer = call::sdp_of(*invite.message);
  std::string body;
  if (offer.empty()) {
    body = (*audio)->offer();
  } else {
    auto answer = (*audio)->answer(offer);
    if (!answer) return refuse(488, answer.error());
    body = std::move(*answer);
  }
  const std::shared_ptr<ScriptLeg> self(
      new ScriptLeg(browser, invite, std::move(script), std::move(*document), std::move(*audio)));
  self->awaiting_answer_ = offer.empty();
  self->audio_->when_keys_run_out([leg = self.get()] { leg->renew_keys(); });  // its audio goes with it
  self->audio_->when_failed([leg = self.get()](const Error& why) { leg->no_audio(why); });
  browser.agent().own(invite.leg, self);
  browser.listen(self->audio_->leg(), [weak = std::weak_ptr(self)](const media::Event& event) {
    if (const auto alive = weak.lock()) alive->media_event(event);
  });
  browser.agent().endpoint().accept(invite.leg, sip::sdp_body(std::move(body)), browser.now());
}

ScriptLeg::ScriptLeg(VoiceBrowser& browser, const sip::IncomingInvite& invite, std::string script, DocumentPtr document,
                     std::unique_ptr<call::AudioLeg> audio)
    : browser_(browser),
      leg_(invite.leg),
      interaction_(call::interaction_of(*invite.message)),
      script_(std::move(script)),
      number_(call::user_or_uri(invite.message->from().uri)),
      document_(std::move(document)),
      audio_(std::move(audio)),
      interpreter_(session_variables(*invite.message)),
      began_(wall_now()) {}

ScriptLeg::~ScriptLeg() {
  browser_.forget(audio_->leg());
}

void ScriptLeg::on(const sip::Acked& acked) {
  if (awaiting_answer_) {
    awaiting_answer_ = false;
    if (const auto applied = audio_->answered(call::sdp_of(*acked.message)); !applied) {
      log::warning(browser_.name(), "call {}: {}", interaction_, applied.error().text());
      hang_up("the answer in the ACK cannot be used");
      return;
    }
  }
  if (!running_) run_script();
}

void ScriptLeg::run_script() {
  running_ = true;
  log::info(browser_.name(), "call {} runs {}", interaction_, script_);
  interpreter_.start(document_, browser_.now());
  drain();
}

void ScriptLeg::media_event(const media::Event& event) {
  if (over_) return;
  if (const auto* digit = std::get_if<media::Digit>(&event)) {
    log::info(browser_.name(), "call {}: a digit was entered", interaction_);
    interpreter_.digit(digit->digit, browser_.now());
  } else if (std::holds_alternative<media::PlayFinished>(event) && std::exchange(playing_, false)) {
    interpreter_.play_finished(browser_.now());
  }
  drain();
}

void ScriptLeg::drain() {
  const auto keep = shared_from_this();
  while (auto output = interpreter_.poll())
    perform(*output);
  if (!over_) arm_timer();
}

void ScriptLeg::arm_timer() {
  const auto next = interpreter_.next_timer();
  if (!next) {
    timer_.cancel();
    return;
  }
  timer_ = browser_.context().loop.after(std::max(*next - browser_.now(), Duration::zero()), [this] {
    interpreter_.expire(browser_.now());
    drain();
  });
}

void ScriptLeg::perform(const vxml::Output& output) {
  auto& media = browser_.context().media;
  if (const auto* play = std::get_if<vxml::Play>(&output)) {
    media::Playlist playlist = browser_.prompts().playlist(*play);
    playing_ = true;
    if (playlist.clips.empty()) {  // nothing can be played: a second of silence, so that a loop of it does not spin
      silence_ = browser_.context().loop.after(std::chrono::seconds(1),
                                               [this] { media_event(media::PlayFinished{audio_->leg()}); });
      return;
    }
    media.play(audio_->leg(), std::move(playlist));
  } else if (std::holds_alternative<vxml::StopPlay>(output)) {
    playing_ = false;
    media.stop_playing(audio_->leg());
  } else if (const auto* load = std::get_if<vxml::Load>(&output)) {
    this->load(load->uri);
  } else if (const auto* line = std::get_if<vxml::Log>(&output)) {
    log::info(browser_.name(), "call {} script: {}", interaction_, line->text);
  } else if (const auto* disconnect = std::get_if<vxml::Disconnect>(&output)) {
    end(disconnect->values);
  } else if (const auto* exit = std::get_if<vxml::Exit>(&output)) {
    if (!exit->error.empty())
      log::warning(browser_.name(), "call {}: {} ended by {}", interaction_, script_, exit->error);
    end(exit->values);
  }
}

void ScriptLeg::load(const std::string& uri) {
  interpreter_.loaded(load_document(folder_of(browser_), uri), browser_.now());
}

void ScriptLeg::end(const vxml::NamedValues& values) {
  if (over_) return;
  over_ = true;
  timer_.cancel();
  browser_.agent().endpoint().hang_up(
      leg_, browser_.now(), {},
      values.empty() ? sip::Body{}
                     : sip::Body{"application/x-www-form-urlencoded", call::print_form_urlencoded(values)});
  browser_.agent().disown(leg_);
}

void ScriptLeg::on(const sip::Answered& answered) {
  browser_.agent().endpoint().ack(answered.leg, {}, browser_.now());
  // A refresh of the endpoint's own that was answered with something new: what holds now is asked for.
  if (!std::exchange(renewing_, false)) return renew_keys();
  if (const auto applied = audio_->answered(call::sdp_of(*answered.message)); !applied) {
    log::warning(browser_.name(), "call {}: {}", interaction_, applied.error().text());
    hang_up("the answer with fresh keys cannot be used");
  }
}

void ScriptLeg::on(const sip::Refused& refused) {
  if (!std::exchange(renewing_, false)) return;
  audio_->offer_refused();
  log::warning(browser_.name(), "call {}: no fresh keys: {} {}", interaction_, refused.status, refused.reason);
}

/// A re-INVITE with fresh keys, before the present ones have protected all that they may (RFC 3711 section 9.2).
void ScriptLeg::renew_keys() {
  if (over_ || awaiting_answer_ || renewing_) return;
  renewing_ = true;
  browser_.agent().endpoint().reinvite(leg_, sip::sdp_body(audio_->offer()), browser_.now());
}

void ScriptLeg::on(const sip::Reinvited& reinvited) {
  auto& endpoint = browser_.agent().endpoint();
  const std::string_view offer = call::sdp_of(*reinvited.message);
  if (offer.empty()) {
    awaiting_answer_ = true;
    endpoint.accept(leg_, sip::sdp_body(audio_->offer()), browser_.now());
    return;
  }
  auto answer = audio_->answer(offer);
  if (answer)
    endpoint.accept(leg_, sip::sdp_body(std::move(*answer)), browser_.now());
  else
    browser_.agent().reject_offer(leg_, answer.error());
}

void ScriptLeg::on(const sip::Ended&) {
  over_ = true;
  timer_.cancel();
  if (running_) interpreter_.hung_up(browser_.now());
  while (auto output = interpreter_.poll()) {
    if (const auto* line = std::get_if<vxml::Log>(&*output))
      log::info(browser_.name(), "call {} script: {}", interaction_, line->text);
  }
}

void ScriptLeg::on(const sip::IncomingRequest& request) {
  if (request.message->method() == sip::Method::update) {
    auto answer = audio_->answer(call::sdp_of(*request.message));
    if (!answer) return browser_.agent().reject_offer(request.id, answer.error());
    return browser_.agent().endpoint().respond(request.id, {.body = sip::sdp_body(std::move(*answer))}, browser_.now());
  }
  browser_.agent().endpoint().respond(request.id, {.status = 200}, browser_.now());
}

void ScriptLeg::no_audio(const Error& why) {
  if (over_) return;
  const auto keep = shared_from_this();
  log::warning(browser_.name(), "call {} over: {}", interaction_, why.text());
  browser_.agent().endpoint().hang_up(leg_, browser_.now(), call::no_audio_reason(why));
  end({});
}

void ScriptLeg::hang_up(std::string_view reason) {
  log::info(browser_.name(), "call {} over: {}", interaction_, reason);
  end({});
}

void ScriptLeg::describe(std::vector<call::LegView>& out) const {
  call::LegView view = browser_.agent().view(leg_);
  view.interaction = interaction_;
  view.peer = "call-server";
  view.number = script_;
  view.began = began_;
  view.connected = began_;
  view.media = audio_->leg();
  view.suite = audio_->suite();
  view.codec = audio_->codec();
  view.secure = audio_->secure();
  out.push_back(std::move(view));
}

}  // namespace ringwall::voice_browser
