#include "voice_browser/vxml_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "voice_browser/vxml_expression_node.h"

namespace ringwall::voice_browser {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool is_string(const Value& value) {
  return std::holds_alternative<std::string>(value);
}
bool is_nothing(const Value& value) {
  return is_undefined(value) || std::holds_alternative<Null>(value);
}

/// ECMAScript ===: no conversion; NaN equals nothing.
bool same(const Value& a, const Value& b) {
  return a == b;
}

/// ECMAScript ==: null and undefined are one; otherwise different kinds meet as numbers.
bool equal(const Value& a, const Value& b) {
  if (is_nothing(a) || is_nothing(b)) return is_nothing(a) && is_nothing(b);
  return a.index() == b.index() ? same(a, b) : to_number(a) == to_number(b);
}

/// ECMAScript <, with `test` applied to the numbers or to the order of the strings.
template <class Test>
bool compare(const Value& a, const Value& b, Test test) {
  if (is_string(a) && is_string(b)) return test(std::get<std::string>(a).compare(std::get<std::string>(b)), 0);
  return test(to_number(a), to_number(b));
}

std::string_view type_of(const Value& value) {
  static constexpr std::string_view names[] = {"undefined", "object", "boolean", "number", "string"};
  return names[value.index()];
}

/// A position in a string of this length: NaN is 0, what lies outside is the nearest end.
std::size_t position(const Value& value, std::size_t length) {
  const double number = to_number(value);
  return std::isnan(number) ? 0 : static_cast<std::size_t>(std::clamp(number, 0.0, static_cast<double>(length)));
}

Value substring(const std::string& text, const Value& from, const Value& to) {
  const auto [begin, end] = std::minmax({position(from, text.size()), position(to, text.size())});
  return text.substr(begin, end - begin);
}

Value char_at(const std::string& text, const Value& where) {
  const double number = to_number(where);
  if (number < 0 || number >= static_cast<double>(text.size())) return std::string();
  return std::string(1, text[std::isnan(number) ? 0 : static_cast<std::size_t>(number)]);
}

Value index_of(const std::string& text, const std::string& part) {
  const std::size_t found = text.find(part);
  return found == text.npos ? -1.0 : static_cast<double>(found);
}

std::string to_upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

Result<Value> add(const Value& a, const Value& b) {
  if (!is_string(a) && !is_string(b)) return to_number(a) + to_number(b);
  std::string joined = to_string(a) + to_string(b);
  if (joined.size() > limits::vxml_value_bytes) {
    return fail(fmt::format("a string grew beyond {} bytes", limits::vxml_value_bytes), {}, "keep values short");
  }
  return joined;
}

class Evaluator {
 public:
  explicit Evaluator(const Variables& variables) : variables_(variables) {}

  Result<Value> run(const Expression::Node& node) {
    switch (node.op) {
      case Operator::literal:
        return node.value;
      case Operator::variable:
        return variable(node.name);
      case Operator::conditional:
        return branch(node);
      case Operator::logical_or:
      case Operator::logical_and:
        return short_circuit(node);
      case Operator::type_of:
        return kind(*node.operands[0]);
      default:
        break;
    }
    Value values[3];
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      TRY(values[i], run(*node.operands[i]));
    }
    return node.operands.size() == 1 ? unary(node.op, values[0]) : apply(node.op, values[0], values[1], values[2]);
  }

 private:
  Result<Value> variable(const std::string& name) {
    if (const Value* found = variables_.find(name)) return *found;
    return fail(fmt::format("the variable '{}' is not declared", name), {}, "declare it with <var> before it is used");
  }

  /// typeof is the one operator that an undeclared variable does not disturb.
  Result<Value> kind(const Expression::Node& operand) {
    if (operand.op == Operator::variable && variables_.find(operand.name) == nullptr) return std::string("undefined");
    TRY(Value value, run(operand));
    return std::string(type_of(value));
  }

  Result<Value> branch(const Expression::Node& node) {
    TRY(Value condition, run(*node.operands[0]));
    return run(*node.operands[to_boolean(condition) ? 1 : 2]);
  }

  Result<Value> short_circuit(const Expression::Node& node) {
    TRY(Value left, run(*node.operands[0]));
    if (to_boolean(left) == (node.op == Operator::logical_or)) return left;
    return run(*node.operands[1]);
  }

  static Result<Value> unary(Operator op, const Value& a) {
    switch (op) {
      case Operator::logical_not:
        return !to_boolean(a);
      case Operator::boolean_of:
        return to_boolean(a);
      case Operator::negate:
        return -to_number(a);
      case Operator::plus:
      case Operator::number_of:
        return to_number(a);
      case Operator::round:
        return std::floor(to_number(a) + 0.5);
      case Operator::floor:
        return std::floor(to_number(a));
      case Operator::string_of:
        return to_string(a);
      case Operator::length:
        return static_cast<double>(to_string(a).size());
      case Operator::upper:
        return to_upper(to_string(a));
      case Operator::lower:
        return to_lower(to_string(a));
      default:
        break;
    }
    CHECK(!"an operator with one operand");
    return Undefined{};
  }

  static Result<Value> apply(Operator op, const Value& a, const Value& b, const Value& c) {
    switch (op) {
      case Operator::equal:
        return equal(a, b);
      case Operator::not_equal:
        return !equal(a, b);
      case Operator::same:
        return same(a, b);
      case Operator::not_same:
        return !same(a, b);
      case Operator::less:
        return compare(a, b, std::less<>());
      case Operator::less_equal:
        return compare(a, b, std::less_equal<>());
      case Operator::greater:
        return compare(a, b, std::greater<>());
      case Operator::greater_equal:
        return compare(a, b, std::greater_equal<>());
      case Operator::add:
        return add(a, b);
      case Operator::subtract:
        return to_number(a) - to_number(b);
      case Operator::multiply:
        return to_number(a) * to_number(b);
      case Operator::divide:
        return to_number(a) / to_number(b);
      case Operator::remainder:
        return std::fmod(to_number(a), to_number(b));
      case Operator::char_at:
        return char_at(to_string(a), b);
      case Operator::index_of:
        return index_of(to_string(a), to_string(b));
      case Operator::substring:
        return substring(to_string(a), b, c);
      default:
        break;
    }
    CHECK(!"an operator with two or three operands");
    return Undefined{};
  }

  const Variables& variables_;
};

}  // namespace

bool to_boolean(const Value& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return *truth;
  if (const double* number = std::get_if<double>(&value)) return *number != 0 && !std::isnan(*number);
  if (const std::string* text = std::get_if<std::string>(&value)) return !text->empty();
  return false;
}

double to_number(const Value& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
  if (const double* number = std::get_if<double>(&value)) return *number;
  if (std::holds_alternative<Null>(value)) return 0;
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return not_a_number;
  std::string_view digits = trim(*text);
  if (digits.empty()) return 0;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  // from_chars would also read "inf" and "nan", which are no ECMAScript numbers.
  if (digits.empty() || (digits.front() != '.' && (digits.front() < '0' || digits.front() > '9'))) return not_a_number;
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return not_a_number;
  return negative ? -number : number;
}

std::string to_string(const Value& value) {
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (std::holds_alternative<Null>(value)) return "null";
  const double* number = std::get_if<double>(&value);
  if (number == nullptr) return "undefined";
  if (std::isnan(*number)) return "NaN";
  if (std::isinf(*number)) return *number > 0 ? "Infinity" : "-Infinity";
  return *number == 0 ? "0" : fmt::format("{}", *number);
}

Result<Value> Expression::evaluate(const Variables& variables) const {
  return Evaluator(variables).run(*root_);
}

}  // namespace ringwall::voice_browser
