#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "voice_browser/vxml_expression_node.h"

namespace ringwall::voice_browser {
namespace {

using Node = Expression::Node;
using NodePtr = std::shared_ptr<const Node>;

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct Method {
  Operator op;
  std::size_t arguments;
};
const std::map<std::string_view, Method> methods = {
    {"charAt", {Operator::char_at, 1}},      {"indexOf", {Operator::index_of, 1}},
    {"substring", {Operator::substring, 2}}, {"toUpperCase", {Operator::upper, 0}},
    {"toLowerCase", {Operator::lower, 0}},
};
const std::map<std::string_view, Operator> functions = {
    {"Number", Operator::number_of}, {"String", Operator::string_of}, {"Boolean", Operator::boolean_of},
    {"Math.round", Operator::round}, {"Math.floor", Operator::floor},
};

struct Binary {
  std::string_view sign;
  Operator op;
};
/// From the loosest to the tightest; within a level, longer signs first.
const std::vector<std::vector<Binary>> levels = {
    {{"||", Operator::logical_or}},
    {{"&&", Operator::logical_and}},
    {{"===", Operator::same}, {"!==", Operator::not_same}, {"==", Operator::equal}, {"!=", Operator::not_equal}},
    {{"<=", Operator::less_equal}, {">=", Operator::greater_equal}, {"<", Operator::less}, {">", Operator::greater}},
    {{"+", Operator::add}, {"-", Operator::subtract}},
    {{"*", Operator::multiply}, {"/", Operator::divide}, {"%", Operator::remainder}},
};

/// Recursive descent with a bound on the depth.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> whole() {
    TRY(NodePtr node, conditional());
    skip_space();
    if (at_ != text_.size()) return trouble("what follows is no part of an expression");
    return node;
  }

 private:
  struct Deeper {
    explicit Deeper(std::size_t& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    std::size_t& depth_;
  };

  std::unexpected<Error> trouble(std::string what) const {
    return fail(fmt::format("expression '{}', column {}: {}", text_, at_ + 1, what), {},
                "expressions have literals, variables, ?: || && == != === !== < > <= >= + - * / % ! typeof, Number(), "
                "String() and string methods; functions, loops and assignments are not supported");
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_]))
      ++at_;
  }
  bool take(std::string_view sign) {
    skip_space();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  static NodePtr make(Operator op, std::vector<NodePtr> operands) {
    return std::make_shared<Node>(Node{op, {}, {}, std::move(operands)});
  }
  static NodePtr literal(Value value) {
    return std::make_shared<Node>(Node{Operator::literal, std::move(value), {}, {}});
  }

  Result<NodePtr> conditional() {
    const Deeper deeper(depth_);
    if (depth_ > limits::vxml_expression_depth) return trouble("too deeply nested");
    TRY(NodePtr condition, binary(0));
    if (!take("?")) return condition;
    TRY(NodePtr yes, conditional());
    if (!take(":")) return trouble("':' expected");
    TRY(NodePtr no, conditional());
    return make(Operator::conditional, {condition, yes, no});
  }

  Result<NodePtr> binary(std::size_t level) {
    if (level == levels.size()) return unary();
    TRY(NodePtr left, binary(level + 1));
    for (std::size_t chain = 0;; ++chain) {
      const std::optional<Operator> op = take_operator(level);
      if (!op) return left;
      // A chain "a+b+c" leans to the left and is walked recursively, so its length is a depth.
      if (chain + depth_ > limits::vxml_expression_depth) return trouble("too many operators in one chain");
      TRY(NodePtr right, binary(level + 1));
      left = make(*op, {left, right});
    }
  }

  std::optional<Operator> take_operator(std::size_t level) {
    for (const Binary& candidate : levels[level]) {
      if (take(candidate.sign)) return candidate.op;
    }
    return std::nullopt;
  }

  Result<NodePtr> unary() {
    const Deeper deeper(depth_);
    if (depth_ > limits::vxml_expression_depth) return trouble("too deeply nested");
    skip_space();
    if (take("!")) return one(Operator::logical_not);
    if (take("-")) return one(Operator::negate);
    if (take("+")) return one(Operator::plus);
    if (text_.substr(at_).starts_with("typeof") && (at_ + 6 == text_.size() || !in_name(text_[at_ + 6]))) {
      at_ += 6;
      return one(Operator::type_of);
    }
    return postfix();
  }
  Result<NodePtr> one(Operator op) {
    TRY(NodePtr operand, unary());
    return make(op, {operand});
  }
  static bool in_name(char c) { return starts_name(c) || is_digit(c); }

  Result<NodePtr> postfix() {
    TRY(NodePtr node, primary());
    for (std::size_t chain = 0; take("."); ++chain) {
      if (chain + depth_ > limits::vxml_expression_depth) return trouble("too many methods in one chain");
      const std::string name = identifier();
      if (name == "length") {
        node = make(Operator::length, {node});
        continue;
      }
      TRY(node, method(node, name));
    }
    return node;
  }

  Result<NodePtr> method(NodePtr object, const std::string& name) {
    const auto found = methods.find(name);
    if (found == methods.end()) return trouble(fmt::format("'.{}' is not supported", name));
    TRY(std::vector<NodePtr> operands, arguments());
    // substring(from) is substring(from, length).
    if (name == "substring" && operands.size() == 1) operands.push_back(make(Operator::length, {object}));
    if (operands.size() != found->second.arguments)
      return trouble(fmt::format("wrong number of arguments of '{}'", name));
    operands.insert(operands.begin(), std::move(object));
    return make(found->second.op, std::move(operands));
  }

  Result<std::vector<NodePtr>> arguments() {
    std::vector<NodePtr> operands;
    if (!take("(")) return trouble("'(' expected");
    if (take(")")) return operands;
    do {
      TRY(NodePtr operand, conditional());
      operands.push_back(std::move(operand));
    } while (take(","));
    if (!take(")")) return trouble("')' expected");
    return operands;
  }

  std::string identifier() {
    skip_space();
    const std::size_t begin = at_;
    if (at_ < text_.size() && starts_name(text_[at_])) {
      while (at_ < text_.size() && in_name(text_[at_]))
        ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result<NodePtr> primary() {
    skip_space();
    if (at_ == text_.size()) return trouble("a value is missing");
    const char c = text_[at_];
    if (c == '\'' || c == '"') return string(c);
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number();
    if (take("(")) {
      TRY(NodePtr inner, conditional());
      if (!take(")")) return trouble("')' expected");
      return inner;
    }
    if (starts_name(c)) return name();
    return trouble("a value is expected here");
  }

  Result<NodePtr> number() {
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) return trouble("this number is out of range");
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && in_name(text_[at_])) return trouble("a number may not run into a name");
    return literal(value);
  }

  Result<NodePtr> string(char quote) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return literal(std::move(value));
      }
      if (text_[at_] == '\\' && !escape()) return trouble("only \\n, \\t, \\\\, \\' and \\\" may follow a backslash");
      value += escaped_ ? *std::exchange(escaped_, std::nullopt) : text_[at_];
    }
    return trouble("the string does not end");
  }

  bool escape() {
    static constexpr std::string_view names = "nt\\'\"", meanings = "\n\t\\'\"";
    if (at_ + 1 == text_.size()) return false;
    const std::size_t which = names.find(text_[at_ + 1]);
    if (which == names.npos) return false;
    escaped_ = meanings[which];
    ++at_;
    return true;
  }

  /// A variable with its dots, a keyword, or a call of a known function.
  Result<NodePtr> name() {
    std::string name = identifier();
    if (name == "true" || name == "false") return literal(name == "true");
    if (name == "null") return literal(Null{});
    if (name == "undefined") return literal(Undefined{});
    while (at_ + 1 < text_.size() && text_[at_] == '.' && starts_name(text_[at_ + 1]) && !calls_method(at_ + 1)) {
      ++at_;
      name += '.' + identifier();
    }
    skip_space();
    if (at_ < text_.size() && text_[at_] == '(') return call(name);
    auto node = std::make_shared<Node>();
    node->op = Operator::variable;
    node->name = std::move(name);
    return node;
  }

  /// Is what begins here "length" or a method of strings, rather than a further part of the variable's name?
  [[nodiscard]] bool calls_method(std::size_t begin) const {
    std::size_t end = begin;
    while (end < text_.size() && in_name(text_[end]))
      ++end;
    const std::string_view word = text_.substr(begin, end - begin);
    return word == "length" || methods.contains(word);
  }

  Result<NodePtr> call(const std::string& name) {
    const auto found = functions.find(name);
    if (found == functions.end()) return trouble(fmt::format("the function '{}' is not supported", name));
    TRY(std::vector<NodePtr> operands, arguments());
    if (operands.size() != 1) return trouble(fmt::format("'{}' takes one argument", name));
    return make(found->second, std::move(operands));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::optional<char> escaped_;
};

}  // namespace

Result<Expression> Expression::parse(std::string_view text) {
  if (text.size() > limits::vxml_expression_bytes) {
    return fail(fmt::format("an expression of {} bytes is longer than the limit of {}", text.size(),
                            limits::vxml_expression_bytes),
                {}, "split it over several variables");
  }
  TRY(NodePtr root, Parser(text).whole());
  return Expression(std::move(root));
}

}  // namespace ringwall::voice_browser
