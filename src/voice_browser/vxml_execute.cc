// Executable content (VoiceXML 2.0 section 5.3), element by element.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "voice_browser/vxml_machine.h"

namespace ringwall::voice_browser::vxml {
namespace {

/// What comes from variables may be what the caller keyed.
std::string masked(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c >= '0' && c <= '9'; }, '*');
  return text;
}

}  // namespace

bool Interpreter::Machine::run_content(const std::vector<Executable>& content) {
  scopes_.local.clear();
  return execute(content);
}

bool Interpreter::Machine::execute(const std::vector<Executable>& content) {
  return std::ranges::all_of(content, [this](const Executable& executable) { return execute(executable); });
}

bool Interpreter::Machine::execute(const Executable& executable) {
  line_ = executable.line;
  if (!spend(1)) return false;
  return std::visit([this](const auto& action) { return perform(action); }, executable.action);
}

bool Interpreter::Machine::raise(std::string event, std::string message) {
  const std::string where = document_ ? fmt::format("{}:{}: ", document_->name, line_) : std::string();
  if (event.starts_with("error")) message = where + message;
  next_ = Event{std::move(event), std::move(message)};
  return false;
}

std::optional<Value> Interpreter::Machine::evaluate(const Expression& expression) {
  auto value = expression.evaluate(scopes_);
  if (value) return std::move(*value);
  raise("error.semantic", value.error().text());
  return std::nullopt;
}

std::optional<bool> Interpreter::Machine::holds(const std::optional<Expression>& condition) {
  if (!condition) return true;
  const std::optional<Value> value = evaluate(*condition);
  if (!value) return std::nullopt;
  return to_boolean(*value);
}

std::optional<NamedValues> Interpreter::Machine::values_of(const std::vector<std::string>& names) {
  NamedValues values;
  for (const std::string& name : names) {
    const Value* value = scopes_.find(name);
    if (value == nullptr) {
      raise("error.semantic", fmt::format("the variable '{}' of the namelist is not declared", name));
      return std::nullopt;
    }
    values.emplace_back(name, to_string(*value));
  }
  return values;
}

bool Interpreter::Machine::perform(const Prompt& prompt) {
  const std::optional<bool> wanted = holds(prompt.condition);
  if (!wanted) return false;
  return !*wanted || queue(prompt, properties_of(nullptr));
}

bool Interpreter::Machine::perform(const Var& var) {
  const std::optional<Value> value = var.value ? evaluate(*var.value) : std::optional<Value>(Undefined{});
  if (!value) return false;
  scopes_.local.insert_or_assign(var.name, *value);
  return true;
}

bool Interpreter::Machine::perform(const Assign& assign) {
  std::optional<Value> value = evaluate(assign.value);
  if (!value) return false;
  if (scopes_.assign(assign.name, std::move(*value))) return true;
  return raise("error.semantic",
               fmt::format("the variable '{}' is not declared, or not the page's to change", assign.name));
}

bool Interpreter::Machine::perform(const If& choice) {
  for (const Branch& branch : choice.branches) {
    const std::optional<bool> taken = holds(branch.condition);
    if (!taken) return false;
    if (*taken) return execute(branch.content);
  }
  return true;
}

bool Interpreter::Machine::perform(const Goto& target) {
  if (!target.item.empty()) {
    next_ = ToItem{target.item};
    return false;
  }
  ToForm form{target.document, target.form};
  if (target.expression) {
    const std::optional<Value> value = evaluate(*target.expression);
    if (!value) return false;
    const std::string text = to_string(*value);
    std::string_view rest = text;
    form.document = take_until(rest, '#');
    form.form = rest;
  }
  next_ = std::move(form);
  return false;
}

bool Interpreter::Machine::perform(const voice_browser::Exit& exit) {
  std::optional<NamedValues> values = values_of(exit.names);
  if (!values) return false;
  if (exit.value) {
    const std::optional<Value> value = evaluate(*exit.value);
    if (!value) return false;
    values->emplace_back("__exit", to_string(*value));  // RFC 5552 section 4.2
  }
  next_ = Finish{std::move(*values), {}};
  return false;
}

bool Interpreter::Machine::perform(const voice_browser::Disconnect& disconnect) {
  std::optional<NamedValues> values = values_of(disconnect.names);
  if (values) next_ = HangUp{std::move(*values)};
  return false;
}

bool Interpreter::Machine::clear_item(const std::string& name) {
  items_.erase(name);
  if (scopes_.assign(name, Undefined{})) return true;
  return raise("error.semantic", fmt::format("the variable '{}' of <clear> is not declared", name));
}

bool Interpreter::Machine::perform(const Clear& clear) {
  if (!clear.names.empty()) {
    return std::ranges::all_of(clear.names, [this](const std::string& name) { return clear_item(name); });
  }
  if (form_ == nullptr) return true;
  return std::ranges::all_of(form_->items, [this](const FormItem& item) { return clear_item(item.name); });
}

bool Interpreter::Machine::perform(const voice_browser::Log& log) {
  std::string text = log.label.empty() ? std::string() : log.label + ": ";
  for (const auto& part : log.parts) {
    if (const auto* literal = std::get_if<std::string>(&part)) {
      text += *literal;
      continue;
    }
    const std::optional<Value> value = evaluate(std::get<Expression>(part));
    if (!value) return false;
    text += masked(to_string(*value)) + ' ';
  }
  outputs.emplace_back(Log{std::string(trim(text))});
  return true;
}

bool Interpreter::Machine::perform(const Throw& event) {
  return raise(event.event, {});
}

bool Interpreter::Machine::perform(const Reprompt&) {
  suppress_prompts_ = false;
  return true;
}

}  // namespace ringwall::voice_browser::vxml
