#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "voice_browser/vxml_expression.h"
#include "voice_browser/vxml_grammar.h"

/// A VoiceXML 2.1 page as a typed tree: everything that can be wrong without running it was found when it was loaded.
namespace ringwall::voice_browser {

using std::chrono::milliseconds;

/// The properties (VoiceXML 2.0 section 6.3) that mean something here; one that is not set is inherited.
struct Properties {
  std::optional<milliseconds> timeout;             ///< silence after the prompts until noinput
  std::optional<milliseconds> interdigit_timeout;  ///< wait for a further digit that is needed
  std::optional<milliseconds> term_timeout;        ///< wait for the terminating key when no further digit can come
  std::optional<std::string> term_char;            ///< one digit that ends the input, or empty for none
  std::optional<bool> bargein;

  void inherit(const Properties& outer);  ///< takes from `outer` what is not set here
};

/// One thing to play: a file, with what to play if it is missing.
struct Audio {
  std::string source;  ///< literal name; empty if `expression` names it
  std::optional<Expression> expression;
  std::vector<Audio> fallback;  ///< played in its place if it cannot be read
  milliseconds silence{0};      ///< of <break>: no file at all
  bool is_break = false;
};

struct Prompt {
  std::vector<Audio> audio;
  std::optional<bool> bargein;
  std::optional<milliseconds> timeout;
  std::optional<Expression> condition;
  unsigned count = 1;
};

struct Executable;

struct Var {
  std::string name;
  std::optional<Expression> value;
};
struct Assign {
  std::string name;
  Expression value;
};
struct Branch {
  std::optional<Expression> condition;
  std::vector<Executable> content;
};
struct If {
  std::vector<Branch> branches;
};  ///< the last branch may be without condition: else
struct Goto {
  std::string document;                  ///< empty: the same page
  std::string form;                      ///< empty: the first form
  std::string item;                      ///< nextitem: an item of the same form
  std::optional<Expression> expression;  ///< expr: yields "page#form"
};
struct Exit {
  std::optional<Expression> value;
  std::vector<std::string> names;
};
struct Disconnect {
  std::vector<std::string> names;
};
struct Clear {
  std::vector<std::string> names;
};  ///< empty: all items of the form
struct Log {
  std::string label;
  std::vector<std::variant<std::string, Expression>> parts;
};
struct Throw {
  std::string event;
};
struct Reprompt {};

struct Executable {
  int line = 0;
  std::variant<Prompt, Var, Assign, If, Goto, Exit, Disconnect, Clear, Log, Throw, Reprompt> action;
};

/// <catch>, <noinput>, <nomatch>, <error>, <help>.
struct Catch {
  std::vector<std::string> events;  ///< prefixes; empty: every event
  std::optional<Expression> condition;
  unsigned count = 1;
  std::vector<Executable> content;
};

struct Block {
  std::vector<Executable> content;
};

struct Field {
  std::vector<Prompt> prompts;
  DtmfGrammar grammar;
  bool boolean = false;  ///< type="boolean": the value is a boolean, not a string
  std::vector<Catch> catches;
  std::vector<Executable> filled;
  Properties properties;
};

struct FormItem {
  int line = 0;
  std::string name;  ///< made up ("block:1") if the page gives none
  std::optional<Expression> initial;
  std::optional<Expression> condition;
  std::variant<Block, Field> kind;
};

struct FormFilled {
  bool all = true;  ///< mode="all"; false: mode="any"
  std::vector<std::string> names;
  std::vector<Executable> content;
};

struct Form {
  int line = 0;
  std::string id;
  Properties properties;
  std::vector<Executable> variables;
  std::vector<FormItem> items;
  std::vector<FormFilled> filled;
  std::vector<Catch> catches;
};

struct Document {
  std::string name;  ///< "welcome.vxml", for messages
  Properties properties;
  std::vector<Executable> variables;
  std::vector<Catch> catches;
  std::vector<Form> forms;

  [[nodiscard]] const Form* form(std::string_view id) const;
};
using DocumentPtr = std::shared_ptr<const Document>;

/// Reads a page. `name` is what errors call it. No external entity is ever fetched and no DTD is obeyed. Fails with
/// "name:line" and the mend on anything that is malformed, over a limit, or outside the supported language.
Result<DocumentPtr> parse_document(std::string_view xml, std::string name);

/// Reads `folder`/`uri` and parses it; `uri` is a bare relative name ("queue.vxml", "sales/menu.vxml") that may not
/// leave the folder. What follows a '#' is ignored.
Result<DocumentPtr> load_document(const std::string& folder, std::string_view uri);

}  // namespace ringwall::voice_browser
