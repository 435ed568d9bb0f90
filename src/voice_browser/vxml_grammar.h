#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::voice_browser {

/// What callers may key: a nondeterministic automaton over 0-9 * # A-D that is built when the page is loaded.
class DtmfGrammar {
 public:
  using State = std::uint32_t;
  static constexpr State start = 0;

  /// An expansion under construction: from `first` to `last`.
  struct Part {
    State first, last;
  };

  DtmfGrammar() : states_(1) {}

  /// Building blocks. States are counted against limits::vxml_grammar_states: check ok() at the end.
  State add_state();
  Part token(char digit);  ///< exactly this digit
  Part any_digit();        ///< 0-9
  Part empty();
  Part sequence(Part a, Part b);
  Part alternatives(const std::vector<Part>& parts);
  /// Makes `part` a way through the grammar; its match means `value` (empty: the digits themselves).
  void accept(Part part, std::optional<std::string> value = std::nullopt);

  [[nodiscard]] bool ok() const { return !too_large_; }
  [[nodiscard]] bool has_token(char digit) const;  ///< does any path use this digit?

 private:
  friend class DtmfMatch;
  struct Edge {
    char digit;  ///< 0: no input; 'd': any of 0-9
    State to;
  };
  struct Node {
    std::vector<Edge> edges;
    bool accepts = false;
    std::optional<std::string> value;
  };
  void connect(State from, State to, char digit = 0);

  std::vector<Node> states_;
  bool too_large_ = false;
};

/// `digits`, `digits?length=4`, `digits?minlength=2;maxlength=6`, `boolean`, `boolean?y=7;n=9`, `number`: adds that
/// builtin grammar. Boolean matches mean "true" and "false".
Result<> add_builtin(DtmfGrammar& grammar, std::string_view type);

/// One caller's way through a grammar.
class DtmfMatch {
 public:
  DtmfMatch() = default;
  explicit DtmfMatch(const DtmfGrammar& grammar);

  void digit(char digit);
  [[nodiscard]] bool failed() const { return now_.empty(); }  ///< no continuation can match
  [[nodiscard]] bool accepted() const;                        ///< what was keyed so far is a match
  [[nodiscard]] bool can_go_on() const;                       ///< a further digit may match
  [[nodiscard]] std::optional<std::string> value() const;     ///< of the match; nothing: the digits themselves

 private:
  void add(DtmfGrammar::State state, std::vector<bool>& seen);

  const DtmfGrammar* grammar_ = nullptr;
  std::vector<DtmfGrammar::State> now_;
};

}  // namespace ringwall::voice_browser
