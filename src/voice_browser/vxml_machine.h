#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "voice_browser/vxml_interpreter.h"
#include "voice_browser/vxml_scopes.h"

namespace ringwall::voice_browser::vxml {

/// Everything one caller's interpreter knows. vxml_machine.cc has the algorithm, vxml_execute.cc the executable
/// content, vxml_input.cc the keys, prompts and timers.
class Interpreter::Machine {
 public:
  explicit Machine(SessionVariables session);

  void start(DocumentPtr document, Time now, std::string_view fragment);
  void loaded(Result<DocumentPtr> document, Time now);
  void play_finished(Time now);
  void digit(char digit, Time now);
  void expire(Time now);
  void hung_up(Time now);

  std::optional<Time> timer;
  std::deque<Output> outputs;
  [[nodiscard]] bool finished() const { return state_ == State::finished; }

 private:
  enum class State { idle, running, playing_out, collecting, loading, finished };

  struct Event {
    std::string name, message;
  };
  struct ToForm {
    std::string document;  ///< empty: this page
    std::string form;
  };
  struct ToItem {
    std::string name;
  };
  struct Finish {
    NamedValues values;
    std::string error;
  };
  struct HangUp {
    NamedValues values;
  };
  using Next = std::variant<std::monostate, Event, ToForm, ToItem, Finish, HangUp>;

  struct ItemState {
    unsigned prompts = 1;                    ///< the prompt counter
    std::map<std::string, unsigned> events;  ///< how often each event came
  };
  struct Queued {
    Clip clip;
    bool bargein;
  };

  // The algorithm.
  void begin_event(Time now);
  void run();
  void step();
  void leave();
  void enter_document(DocumentPtr document, const Form& form);
  void enter_form(const Form& form);
  void follow(const ToForm& target);
  const FormItem* select();
  void visit(const FormItem& item);
  void visit_named(const std::string& name);
  void visit_block(const FormItem& item, const Block& block);
  void visit_field(const FormItem& item, const Field& field);
  void filled(const FormItem& item, const Field& field, Value value);
  void run_form_filled(const std::string& just_filled);
  void handle(const Event& event);
  const Catch* find_catch(const Event& event, unsigned count);
  void unhandled(const Event& event);
  void finish(Finish end);
  bool spend(std::size_t steps);
  ItemState& item_state();

  // Executable content: false when the page goes elsewhere (next_ says where).
  bool run_content(const std::vector<Executable>& content);
  bool execute(const std::vector<Executable>& content);
  bool execute(const Executable& executable);
  bool perform(const Prompt& prompt);
  bool perform(const Var& var);
  bool perform(const Assign& assign);
  bool perform(const If& choice);
  bool perform(const Goto& target);
  bool perform(const voice_browser::Exit& exit);
  bool perform(const voice_browser::Disconnect& disconnect);
  bool perform(const Clear& clear);
  bool perform(const voice_browser::Log& log);
  bool perform(const Throw& event);
  bool perform(const Reprompt& reprompt);
  bool raise(std::string event, std::string message);
  std::optional<Value> evaluate(const Expression& expression);  ///< nothing: error.semantic was raised
  std::optional<bool> holds(const std::optional<Expression>& condition);
  std::optional<NamedValues> values_of(const std::vector<std::string>& names);
  bool clear_item(const std::string& name);

  // Prompts and keys.
  bool queue(const Prompt& prompt, const Properties& properties);
  bool collect_sources(const Audio& audio, Clip& clip);
  bool queue_field_prompts(const Field& field, Properties& properties);
  bool play_next(bool may_stop);
  void collect(const FormItem& item, const Field& field, const Properties& properties);
  void feed(char digit);
  void use_buffered();
  void end_input();
  void matched();
  void input_event(const char* event);
  Properties properties_of(const Properties* field) const;

  Scopes scopes_;
  DocumentPtr document_;
  const Form* form_ = nullptr;
  const FormItem* item_ = nullptr;
  std::map<std::string, ItemState> items_;
  std::set<const Form*> visited_;  ///< forms entered since the page last waited
  State state_ = State::idle;
  Next next_;
  bool suppress_prompts_ = false;  ///< an event handler without <reprompt> came before
  bool hung_up_ = false;
  int line_ = 0;  ///< where in the page we are, for messages

  std::deque<Queued> prompts_;
  bool playing_ = false;
  bool playing_bargein_ = false;
  ToForm loading_;

  DtmfMatch match_;
  Properties input_;  ///< properties of the field that collects
  Redacted<std::string> keyed_;
  Redacted<std::string> ahead_;

  Time now_{};
  std::optional<Time> window_;  ///< begin of the second in which steps_ were made
  std::size_t steps_ = 0;
};

}  // namespace ringwall::voice_browser::vxml
