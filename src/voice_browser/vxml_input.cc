// Prompts, keys and timers (VoiceXML 2.0 sections 4.1.5 and 6.3.3, appendix D).
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "voice_browser/vxml_machine.h"

namespace ringwall::voice_browser::vxml {
namespace {

using std::chrono::seconds;

bool is_key(char c) {
  return std::string_view("0123456789*#ABCD").find(c) != std::string_view::npos;
}

}  // namespace

Properties Interpreter::Machine::properties_of(const Properties* field) const {
  static const Properties defaults{seconds(5), seconds(3), seconds(0), "#", true};
  Properties properties = field != nullptr ? *field : Properties{};
  if (form_ != nullptr) properties.inherit(form_->properties);
  if (document_ != nullptr) properties.inherit(document_->properties);
  properties.inherit(defaults);
  return properties;
}

/// The file, and what stands in for it, in their order.
bool Interpreter::Machine::collect_sources(const Audio& audio, Clip& clip) {
  if (audio.expression) {
    const std::optional<Value> value = evaluate(*audio.expression);
    if (!value) return false;
    // Section 4.1.3: an undefined expr means that the element is left out.
    if (!is_undefined(*value)) clip.sources.push_back(to_string(*value));
  } else {
    clip.sources.push_back(audio.source);
  }
  return std::ranges::all_of(audio.fallback, [&](const Audio& other) { return collect_sources(other, clip); });
}

bool Interpreter::Machine::queue(const Prompt& prompt, const Properties& properties) {
  if (hung_up_) return true;
  for (const Audio& audio : prompt.audio) {
    Clip clip;
    clip.silence = audio.silence;
    if (!audio.is_break && !collect_sources(audio, clip)) return false;
    if (clip.sources.empty() && clip.silence.count() == 0) continue;
    if (prompts_.size() >= limits::vxml_clips) {
      return raise("error.semantic", fmt::format("more than {} prompts wait to be played", limits::vxml_clips));
    }
    prompts_.push_back({std::move(clip), prompt.bargein.value_or(*properties.bargein)});
  }
  return true;
}

/// Section 4.1.6: of the prompts whose count the counter has reached, those with the highest.
bool Interpreter::Machine::queue_field_prompts(const Field& field, Properties& properties) {
  const unsigned counter = item_state().prompts++;
  std::vector<const Prompt*> wanted;
  unsigned highest = 0;
  for (const Prompt& prompt : field.prompts) {
    const std::optional<bool> holds_now = holds(prompt.condition);
    if (!holds_now) return false;
    if (!*holds_now || prompt.count > counter) continue;
    wanted.push_back(&prompt);
    highest = std::max(highest, prompt.count);
  }
  for (const Prompt* prompt : wanted) {
    if (prompt->count != highest) continue;
    if (!queue(*prompt, properties)) return false;
    if (prompt->timeout) properties.timeout = prompt->timeout;
  }
  return true;
}

/// Hands out the queued clips up to where barge-in changes; false if there is none.
bool Interpreter::Machine::play_next(bool may_stop) {
  if (prompts_.empty()) return false;
  Play play;
  play.bargein = may_stop && prompts_.front().bargein;
  while (!prompts_.empty() && (may_stop && prompts_.front().bargein) == play.bargein) {
    play.clips.push_back(std::move(prompts_.front().clip));
    prompts_.pop_front();
  }
  playing_ = true;
  playing_bargein_ = play.bargein;
  outputs.emplace_back(std::move(play));
  return true;
}

void Interpreter::Machine::collect(const FormItem& item, const Field& field, const Properties& properties) {
  state_ = State::collecting;
  input_ = properties;
  match_ = DtmfMatch(field.grammar);
  keyed_ = {};
  outputs.emplace_back(Collect{item.name, *properties.timeout, *properties.interdigit_timeout});
  // Keys that came ahead stop prompts before they begin, unless one of them must be heard: that discards the keys.
  const bool must_hear = std::ranges::any_of(prompts_, [](const Queued& queued) { return !queued.bargein; });
  if (must_hear) ahead_ = {};
  if (!ahead_.reveal().empty()) {
    prompts_.clear();
    return use_buffered();
  }
  if (!play_next(true)) timer = now_ + *input_.timeout;
}

void Interpreter::Machine::use_buffered() {
  while (state_ == State::collecting && !ahead_.reveal().empty()) {
    const char next = ahead_.reveal().front();
    ahead_ = Redacted(ahead_.reveal().substr(1));
    feed(next);
  }
}

void Interpreter::Machine::play_finished(Time now) {
  if (!playing_ || finished()) return;
  begin_event(now);
  playing_ = false;
  if (state_ == State::playing_out) {
    if (play_next(false)) return;
    state_ = State::running;
    return run();
  }
  if (state_ == State::collecting && !play_next(true)) timer = now + *input_.timeout;
}

void Interpreter::Machine::digit(char digit, Time now) {
  if (!is_key(digit) || finished() || hung_up_) return;
  begin_event(now);
  if (state_ != State::collecting) {
    if (ahead_.reveal().size() < limits::vxml_digits) ahead_ = Redacted(ahead_.reveal() + digit);
    return;
  }
  if (playing_ && !playing_bargein_) return;
  if (playing_) outputs.emplace_back(StopPlay{});
  playing_ = false;
  prompts_.clear();
  feed(digit);
  run();
}

void Interpreter::Machine::feed(char digit) {
  const Field& field = std::get<Field>(item_->kind);
  const bool terminates =
      input_.term_char->size() == 1 && digit == input_.term_char->front() && !field.grammar.has_token(digit);
  if (terminates) return end_input();
  keyed_ = Redacted(keyed_.reveal() + digit);
  match_.digit(digit);
  if (match_.failed() || keyed_.reveal().size() > limits::vxml_digits) return input_event("nomatch");
  if (match_.can_go_on()) {
    timer = now_ + *input_.interdigit_timeout;
  } else if (*input_.term_timeout > milliseconds(0) && !input_.term_char->empty()) {
    timer = now_ + *input_.term_timeout;
  } else {
    matched();
  }
}

void Interpreter::Machine::expire(Time now) {
  if (!timer || now < *timer || finished()) return;
  begin_event(now);
  timer.reset();
  if (state_ != State::collecting) return;
  if (keyed_.reveal().empty()) {
    input_event("noinput");
  } else {
    end_input();
  }
  run();
}

/// The caller is done: by the terminating key or by silence.
void Interpreter::Machine::end_input() {
  if (!keyed_.reveal().empty() && match_.accepted()) {
    matched();
  } else {
    input_event("nomatch");
  }
}

void Interpreter::Machine::input_event(const char* event) {
  timer.reset();
  ahead_ = {};
  state_ = State::running;
  raise(event, {});
}

void Interpreter::Machine::matched() {
  timer.reset();
  const FormItem& item = *item_;
  const Field& field = std::get<Field>(item.kind);
  const std::string keys = keyed_.reveal();
  const std::string meaning = match_.value().value_or(keys);
  for (const std::string& prefix : {item.name + "$.", std::string("lastresult$.")}) {
    Scopes::Map& scope = prefix == "lastresult$." ? scopes_.document : scopes_.dialog;
    scope.insert_or_assign(prefix + "utterance", keys);
    scope.insert_or_assign(prefix + "inputmode", std::string("dtmf"));
    scope.insert_or_assign(prefix + "interpretation", meaning);
    scope.insert_or_assign(prefix + "confidence", 1.0);
  }
  keyed_ = {};
  filled(item, field, field.boolean ? Value(meaning == "true") : Value(meaning));
}

}  // namespace ringwall::voice_browser::vxml
