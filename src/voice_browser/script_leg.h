#pragma once

#include <memory>
#include <string>

#include "call/audio_leg.h"
#include "voice_browser/voice_browser.h"
#include "voice_browser/vxml_interpreter.h"

namespace ringwall::voice_browser {

/// One IVR leg: a dialog, its audio, and the script that runs on it from the ACK on.
class ScriptLeg final : public call::LegOwner, public std::enable_shared_from_this<ScriptLeg> {
 public:
  static void start(VoiceBrowser& browser, const sip::IncomingInvite& invite);
  ~ScriptLeg() override;

  void on(const sip::Answered& answered) override;
  void on(const sip::Refused& refused) override;
  void on(const sip::Reinvited& reinvited) override;
  void on(const sip::Acked& acked) override;
  void on(const sip::Ended& ended) override;
  void on(const sip::IncomingRequest& request) override;
  void hang_up(std::string_view reason) override;
  void describe(std::vector<call::LegView>& out) const override;

 private:
  ScriptLeg(VoiceBrowser& browser, const sip::IncomingInvite& invite, std::string script, DocumentPtr document,
            std::unique_ptr<call::AudioLeg> audio);
  void run_script();
  void media_event(const media::Event& event);
  void drain();
  void perform(const vxml::Output& output);
  void load(const std::string& uri);
  void arm_timer();
  void renew_keys();
  void no_audio(const Error& why);
  void end(const vxml::NamedValues& values);

  VoiceBrowser& browser_;
  sip::LegId leg_;
  std::string interaction_, script_, number_;
  DocumentPtr document_;
  std::unique_ptr<call::AudioLeg> audio_;
  vxml::Interpreter interpreter_;
  runtime::LoopTimer timer_;    ///< the interpreter's next one
  runtime::LoopTimer silence_;  ///< stands for a prompt that cannot be played
  vxml::NamedValues values_;
  WallTime began_;
  bool awaiting_answer_ = false;  ///< we offered; the ACK brings the answer
  bool renewing_ = false;         ///< our re-INVITE with fresh keys is out
  bool running_ = false;
  bool playing_ = false;
  bool over_ = false;
};

}  // namespace ringwall::voice_browser
