#pragma once

#include <memory>
#include <string>
#include <vector>

#include "voice_browser/vxml_expression.h"

namespace ringwall::voice_browser {

enum class Operator : std::uint8_t {
  literal,
  variable,
  conditional,  // value; name; a ? b : c
  logical_not,
  negate,
  plus,
  type_of,  // one operand
  logical_or,
  logical_and,
  equal,
  not_equal,
  same,
  not_same,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  subtract,
  multiply,
  divide,
  remainder,  // two operands
  length,
  char_at,
  index_of,
  substring,
  upper,
  lower,  // of a string: the first operand
  number_of,
  string_of,
  boolean_of,
  round,
  floor,  // Number(a), String(a), Boolean(a), Math.round(a), Math.floor(a)
};

/// One node of the tree.
struct Expression::Node {
  Operator op = Operator::literal;
  Value value;       ///< literal
  std::string name;  ///< variable
  std::vector<std::shared_ptr<const Node>> operands;
};

}  // namespace ringwall::voice_browser
