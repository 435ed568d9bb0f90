#include "voice_browser/vxml_grammar.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"

namespace ringwall::voice_browser {
namespace {

constexpr char no_input = 0;
constexpr char any = 'd';

bool fits(char edge, char digit) {
  return edge == digit || (edge == any && digit >= '0' && digit <= '9');
}

struct Parameters {
  std::size_t minimum = 1, maximum = limits::vxml_digits;
  char yes = '1', no = '2';
};

Result<Parameters> parse_parameters(std::string_view text, std::string_view type) {
  Parameters result;
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string_view name = take_until(value, '=');
    const auto number = parse_unsigned<std::size_t>(value);
    if ((name == "y" || name == "n") && value.size() == 1) {
      (name == "y" ? result.yes : result.no) = value[0];
    } else if (number && *number >= 1 && *number <= limits::vxml_digits && name == "length") {
      result.minimum = result.maximum = *number;
    } else if (number && *number <= limits::vxml_digits && name == "minlength") {
      result.minimum = std::max<std::size_t>(1, *number);
    } else if (number && *number >= 1 && *number <= limits::vxml_digits && name == "maxlength") {
      result.maximum = *number;
    } else {
      return fail(fmt::format("'{}' of type \"{}\" is not understood", name, type), {},
                  fmt::format("write length=, minlength= or maxlength= with 1 to {}, or y= and n= with one digit",
                              limits::vxml_digits));
    }
  }
  if (result.minimum > result.maximum) {
    return fail(fmt::format("minlength is greater than maxlength in type \"{}\"", type), {}, "exchange the two");
  }
  return result;
}

void add_digits(DtmfGrammar& grammar, const Parameters& parameters) {
  DtmfGrammar::Part part = grammar.any_digit();
  for (std::size_t length = 1; length <= parameters.maximum; ++length) {
    if (length > 1) part = grammar.sequence(part, grammar.any_digit());
    if (length >= parameters.minimum) grammar.accept(part);
  }
}

}  // namespace

DtmfGrammar::State DtmfGrammar::add_state() {
  if (states_.size() >= limits::vxml_grammar_states) {
    too_large_ = true;
    return start;
  }
  states_.emplace_back();
  return static_cast<State>(states_.size() - 1);
}

void DtmfGrammar::connect(State from, State to, char digit) {
  if (!too_large_) states_[from].edges.push_back({digit, to});
}

DtmfGrammar::Part DtmfGrammar::token(char digit) {
  const Part part{add_state(), add_state()};
  connect(part.first, part.last, digit);
  return part;
}

DtmfGrammar::Part DtmfGrammar::any_digit() {
  return token(any);
}

DtmfGrammar::Part DtmfGrammar::empty() {
  const State only = add_state();
  return {only, only};
}

DtmfGrammar::Part DtmfGrammar::sequence(Part a, Part b) {
  connect(a.last, b.first);
  return {a.first, b.last};
}

DtmfGrammar::Part DtmfGrammar::alternatives(const std::vector<Part>& parts) {
  const Part whole{add_state(), add_state()};
  for (const Part& part : parts) {
    connect(whole.first, part.first);
    connect(part.last, whole.last);
  }
  return whole;
}

void DtmfGrammar::accept(Part part, std::optional<std::string> value) {
  const State end = add_state();
  if (too_large_) return;
  connect(start, part.first);
  connect(part.last, end);
  states_[end].accepts = true;
  states_[end].value = std::move(value);
}

bool DtmfGrammar::has_token(char digit) const {
  return std::ranges::any_of(states_, [digit](const Node& node) {
    return std::ranges::any_of(node.edges, [digit](const Edge& edge) { return edge.digit == digit; });
  });
}

Result<> add_builtin(DtmfGrammar& grammar, std::string_view type) {
  std::string_view rest = type;
  const std::string_view name = take_until(rest, '?');
  TRY(Parameters parameters, parse_parameters(rest, type));
  if (name == "digits" || name == "number") {
    add_digits(grammar, parameters);
  } else if (name == "boolean") {
    grammar.accept(grammar.token(parameters.yes), "true");
    grammar.accept(grammar.token(parameters.no), "false");
  } else {
    return fail(fmt::format("the type \"{}\" is not supported", type), {},
                "use digits, number, boolean or a <grammar>");
  }
  return {};
}

DtmfMatch::DtmfMatch(const DtmfGrammar& grammar) : grammar_(&grammar) {
  std::vector<bool> seen(grammar.states_.size());
  add(DtmfGrammar::start, seen);
}

/// Adds a state and all that it reaches without input.
void DtmfMatch::add(DtmfGrammar::State state, std::vector<bool>& seen) {
  std::vector<DtmfGrammar::State> waiting{state};
  while (!waiting.empty()) {
    const DtmfGrammar::State next = waiting.back();
    waiting.pop_back();
    if (seen[next]) continue;
    seen[next] = true;
    now_.push_back(next);
    for (const auto& edge : grammar_->states_[next].edges) {
      if (edge.digit == no_input) waiting.push_back(edge.to);
    }
  }
}

void DtmfMatch::digit(char digit) {
  CHECK(grammar_ != nullptr);
  const std::vector<DtmfGrammar::State> before = std::exchange(now_, {});
  std::vector<bool> seen(grammar_->states_.size());
  for (const DtmfGrammar::State state : before) {
    for (const auto& edge : grammar_->states_[state].edges) {
      if (edge.digit != no_input && fits(edge.digit, digit)) add(edge.to, seen);
    }
  }
}

bool DtmfMatch::accepted() const {
  return std::ranges::any_of(now_, [this](auto state) { return grammar_->states_[state].accepts; });
}

bool DtmfMatch::can_go_on() const {
  return std::ranges::any_of(now_, [this](auto state) {
    return std::ranges::any_of(grammar_->states_[state].edges, [](const auto& edge) { return edge.digit != no_input; });
  });
}

std::optional<std::string> DtmfMatch::value() const {
  std::optional<DtmfGrammar::State> best;  // the first one of the page wins
  for (const DtmfGrammar::State state : now_) {
    if (grammar_->states_[state].accepts && (!best || state < *best)) best = state;
  }
  return best ? grammar_->states_[*best].value : std::nullopt;
}

}  // namespace ringwall::voice_browser
