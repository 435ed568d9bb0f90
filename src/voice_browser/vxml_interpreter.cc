#include "voice_browser/vxml_interpreter.h"

#include "voice_browser/vxml_machine.h"

namespace ringwall::voice_browser::vxml {

Interpreter::Interpreter(SessionVariables session) : machine_(std::make_unique<Machine>(std::move(session))) {}
Interpreter::~Interpreter() = default;
Interpreter::Interpreter(Interpreter&&) noexcept = default;
Interpreter& Interpreter::operator=(Interpreter&&) noexcept = default;

void Interpreter::start(DocumentPtr document, Time now, std::string_view fragment) {
  machine_->start(std::move(document), now, fragment);
}
void Interpreter::loaded(Result<DocumentPtr> document, Time now) {
  machine_->loaded(std::move(document), now);
}
void Interpreter::play_finished(Time now) {
  machine_->play_finished(now);
}
void Interpreter::digit(char digit, Time now) {
  machine_->digit(digit, now);
}
void Interpreter::expire(Time now) {
  machine_->expire(now);
}
void Interpreter::hung_up(Time now) {
  machine_->hung_up(now);
}
std::optional<Time> Interpreter::next_timer() const {
  return machine_->timer;
}
bool Interpreter::finished() const {
  return machine_->finished();
}

std::optional<Output> Interpreter::poll() {
  if (machine_->outputs.empty()) return std::nullopt;
  Output output = std::move(machine_->outputs.front());
  machine_->outputs.pop_front();
  return output;
}

}  // namespace ringwall::voice_browser::vxml
