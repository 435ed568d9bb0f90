#include "voice_browser/vxml_machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"

namespace ringwall::voice_browser::vxml {
namespace {

constexpr std::size_t load_costs = 50;  ///< steps: fetching a page is dearer than running an element

/// "error" matches "error.semantic" but not "errors".
bool matches(const Catch& handler, std::string_view event) {
  if (handler.events.empty()) return true;
  return std::ranges::any_of(handler.events, [event](std::string_view prefix) {
    return event.starts_with(prefix) && (event.size() == prefix.size() || event[prefix.size()] == '.');
  });
}

}  // namespace

Interpreter::Machine::Machine(SessionVariables session) {
  for (auto& [name, value] : session)
    scopes_.session.emplace(name, std::move(value));
}

void Interpreter::Machine::begin_event(Time now) {
  now_ = now;
  if (!window_ || now - *window_ >= std::chrono::seconds(1)) {
    window_ = now;
    steps_ = 0;
  }
}

void Interpreter::Machine::start(DocumentPtr document, Time now, std::string_view fragment) {
  if (finished()) return;  // the caller hung up before the page was there
  CHECK(state_ == State::idle && document != nullptr);
  begin_event(now);
  state_ = State::running;
  const Form* form = fragment.empty() ? &document->forms.front() : document->form(fragment);
  if (form == nullptr) {
    document_ = std::move(document);
    raise("error.badfetch", fmt::format("there is no form '{}' on this page", fragment));
  } else {
    enter_document(std::move(document), *form);
  }
  run();
}

void Interpreter::Machine::loaded(Result<DocumentPtr> document, Time now) {
  if (state_ != State::loading) return;
  begin_event(now);
  state_ = State::running;
  const Form* form = nullptr;
  if (document) form = loading_.form.empty() ? &(*document)->forms.front() : (*document)->form(loading_.form);
  if (form != nullptr) {
    enter_document(std::move(*document), *form);
  } else {
    raise("error.badfetch",
          document ? fmt::format("there is no form '{}' on the page '{}'", loading_.form, loading_.document)
                   : document.error().text());
  }
  run();
}

void Interpreter::Machine::hung_up(Time now) {
  if (finished() || hung_up_) return;
  begin_event(now);
  hung_up_ = true;
  playing_ = false;
  prompts_.clear();
  timer.reset();
  state_ = State::running;
  raise("connection.disconnect.hangup", "the caller hung up");
  run();
}

void Interpreter::Machine::run() {
  while (state_ == State::running) {
    if (spend(1)) step();
  }
}

/// Counts work; a page that does too much of it without waiting is ended.
bool Interpreter::Machine::spend(std::size_t steps) {
  steps_ += steps;
  if (steps_ <= limits::vxml_steps_per_event) return true;
  finish({{},
          fmt::format("error.semantic: {}:{}: the page took more than {} steps without waiting",
                      document_ ? document_->name : "", line_, limits::vxml_steps_per_event)});
  return false;
}

/// One turn of the Form Interpretation Algorithm: leave if something said so, otherwise select an item and visit it.
void Interpreter::Machine::step() {
  if (!std::holds_alternative<std::monostate>(next_)) return leave();
  if (const FormItem* item = select()) {
    visit(*item);
  } else if (std::holds_alternative<std::monostate>(next_)) {
    next_ = Finish{};  // section 2.1.6: no item is left, an implicit <exit>
  }
}

void Interpreter::Machine::leave() {
  if (const auto* event = std::get_if<Event>(&next_)) {
    const Event now = *event;
    next_ = {};
    return handle(now);
  }
  if (const auto* item = std::get_if<ToItem>(&next_)) {
    const std::string name = item->name;
    next_ = {};
    return visit_named(name);
  }
  const auto* form = std::get_if<ToForm>(&next_);
  const bool stays = form != nullptr && form->document.empty();
  const bool comes_back =
      stays && visited_.contains(form->form.empty() ? &document_->forms.front() : document_->form(form->form));
  if (!prompts_.empty() && (!stays || comes_back)) {
    state_ = State::playing_out;
    visited_.clear();
    play_next(false);
    return;
  }
  const Next next = std::exchange(next_, {});
  if (const auto* target = std::get_if<ToForm>(&next)) return follow(*target);
  if (const auto* end = std::get_if<Finish>(&next)) return finish(*end);
  outputs.emplace_back(Disconnect{std::get<HangUp>(next).values});
  hung_up_ = true;
  raise("connection.disconnect.hangup", "the page hung up");
}

void Interpreter::Machine::visit_named(const std::string& name) {
  if (form_ != nullptr) {
    const auto found = std::ranges::find(form_->items, name, &FormItem::name);
    if (found != form_->items.end()) return visit(*found);
  }
  raise("error.badfetch", fmt::format("the form has no item '{}'", name));
}

void Interpreter::Machine::follow(const ToForm& target) {
  if (!target.document.empty() && target.document != document_->name) {
    if (!spend(load_costs)) return;
    loading_ = target;
    state_ = State::loading;
    outputs.emplace_back(Load{target.document});
    return;
  }
  const Form* form = target.form.empty() ? &document_->forms.front() : document_->form(target.form);
  if (form == nullptr) {
    raise("error.badfetch", fmt::format("there is no form '{}' on this page", target.form));
  } else {
    enter_form(*form);
  }
}

void Interpreter::Machine::enter_document(DocumentPtr document, const Form& form) {
  document_ = std::move(document);
  form_ = nullptr;
  item_ = nullptr;
  scopes_.document.clear();
  scopes_.dialog.clear();
  visited_.clear();
  suppress_prompts_ = false;
  scopes_.local.clear();
  for (const Executable& variable : document_->variables) {
    line_ = variable.line;
    const Var& var = std::get<Var>(variable.action);
    Value value;
    if (var.value) {
      const std::optional<Value> computed = evaluate(*var.value);
      if (!computed) return;
      value = *computed;
    }
    scopes_.document.insert_or_assign(var.name, std::move(value));
  }
  enter_form(form);
}

/// Section 2.1.6.1, the initialization phase.
void Interpreter::Machine::enter_form(const Form& form) {
  form_ = &form;
  item_ = nullptr;
  line_ = form.line;
  items_.clear();
  scopes_.dialog.clear();
  suppress_prompts_ = false;
  visited_.insert(&form);
  scopes_.local.clear();
  for (const Executable& variable : form.variables) {
    line_ = variable.line;
    const Var& var = std::get<Var>(variable.action);
    const std::optional<Value> value = var.value ? evaluate(*var.value) : std::optional<Value>(Undefined{});
    if (!value) return;
    scopes_.dialog.insert_or_assign(var.name, *value);
  }
  for (const FormItem& item : form.items) {
    line_ = item.line;
    const std::optional<Value> value = item.initial ? evaluate(*item.initial) : std::optional<Value>(Undefined{});
    if (!value) return;
    scopes_.dialog.insert_or_assign(item.name, *value);
  }
}

/// The first item that is not yet filled and whose condition holds.
const FormItem* Interpreter::Machine::select() {
  if (form_ == nullptr) return nullptr;
  for (const FormItem& item : form_->items) {
    const auto value = scopes_.dialog.find(item.name);
    if (value == scopes_.dialog.end() || !is_undefined(value->second)) continue;
    line_ = item.line;
    const std::optional<bool> wanted = holds(item.condition);
    if (!wanted) return nullptr;  // the error has been raised
    if (*wanted) return &item;
  }
  return nullptr;
}

Interpreter::Machine::ItemState& Interpreter::Machine::item_state() {
  return items_[item_ != nullptr ? item_->name : ""];
}

void Interpreter::Machine::visit(const FormItem& item) {
  item_ = &item;
  line_ = item.line;
  if (const auto* block = std::get_if<Block>(&item.kind)) {
    visit_block(item, *block);
  } else if (hung_up_) {
    finish({});  // section 1.5.4: final processing ends where input would be waited for
  } else {
    visit_field(item, std::get<Field>(item.kind));
  }
}

void Interpreter::Machine::visit_block(const FormItem& item, const Block& block) {
  scopes_.dialog.insert_or_assign(item.name, Value(true));
  suppress_prompts_ = false;
  run_content(block.content);
}

void Interpreter::Machine::visit_field(const FormItem& item, const Field& field) {
  Properties properties = properties_of(&field.properties);
  const bool silent = std::exchange(suppress_prompts_, false);
  if (!silent && !queue_field_prompts(field, properties)) return;
  visited_.clear();
  collect(item, field, properties);
}

/// Section 2.1.6.3, the process phase after a match.
void Interpreter::Machine::filled(const FormItem& item, const Field& field, Value value) {
  scopes_.dialog.insert_or_assign(item.name, std::move(value));
  state_ = State::running;
  if (run_content(field.filled)) run_form_filled(item.name);
}

void Interpreter::Machine::run_form_filled(const std::string& just_filled) {
  for (const FormFilled& filled : form_->filled) {
    std::vector<std::string> names = filled.names;
    if (names.empty()) {
      for (const FormItem& item : form_->items) {
        if (std::holds_alternative<Field>(item.kind)) names.push_back(item.name);
      }
    }
    if (std::ranges::find(names, just_filled) == names.end()) continue;
    const bool complete = std::ranges::all_of(names, [this](const std::string& name) {
      const Value* value = scopes_.find(name);
      return value != nullptr && !is_undefined(*value);
    });
    if (filled.all && !complete) continue;
    if (!run_content(filled.content)) return;
  }
}

/// Section 5.2: the handler with the highest count that the event has reached, from the field outwards.
void Interpreter::Machine::handle(const Event& event) {
  const unsigned count = ++item_state().events[event.name];
  const Catch* handler = find_catch(event, count);
  if (!std::holds_alternative<std::monostate>(next_)) return;  // a condition raised an error
  suppress_prompts_ = true;
  if (handler == nullptr) return unhandled(event);
  scopes_.local.clear();
  scopes_.local["_event"] = event.name;
  scopes_.local["_message"] = event.message;
  execute(handler->content);
}

const Catch* Interpreter::Machine::find_catch(const Event& event, unsigned count) {
  const Field* field = item_ != nullptr ? std::get_if<Field>(&item_->kind) : nullptr;
  const std::vector<Catch>* scopes[] = {field != nullptr ? &field->catches : nullptr,
                                        form_ != nullptr ? &form_->catches : nullptr,
                                        document_ != nullptr ? &document_->catches : nullptr};
  const Catch* best = nullptr;
  for (const std::vector<Catch>* scope : scopes) {
    if (scope == nullptr) continue;
    for (const Catch& handler : *scope) {
      if (!matches(handler, event.name) || handler.count > count || (best != nullptr && handler.count <= best->count))
        continue;
      const std::optional<bool> wanted = holds(handler.condition);
      if (!wanted) {
        // A broken condition must not be asked again while its own error is handled.
        next_ = Finish{
            {}, fmt::format("error.semantic: the condition of a handler for '{}' cannot be evaluated", event.name)};
        return nullptr;
      }
      if (*wanted) best = &handler;
    }
  }
  return best;
}

/// Section 5.2.5, the default handlers.
void Interpreter::Machine::unhandled(const Event& event) {
  if (event.name == "noinput" || event.name == "nomatch" || event.name == "help") {
    suppress_prompts_ = false;
    return;
  }
  if (event.name.starts_with("connection.disconnect")) return finish({});
  finish({{}, event.message.empty() ? event.name : fmt::format("{}: {}", event.name, event.message)});
}

void Interpreter::Machine::finish(Finish end) {
  state_ = State::finished;
  next_ = {};
  timer.reset();
  prompts_.clear();
  outputs.emplace_back(Exit{std::move(end.values), std::move(end.error)});
}

}  // namespace ringwall::voice_browser::vxml
