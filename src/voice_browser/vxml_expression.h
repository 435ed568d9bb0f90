#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

/// The expressions of VoiceXML attributes (`expr`, `cond`): the side-effect-free part of ECMAScript over undefined,
/// null, booleans, numbers and strings. There are no loops and no functions of the page's own, so evaluation always
/// ends.
namespace ringwall::voice_browser {

struct Undefined {
  friend bool operator==(Undefined, Undefined) = default;
};
struct Null {
  friend bool operator==(Null, Null) = default;
};
using Value = std::variant<Undefined, Null, bool, double, std::string>;

bool to_boolean(const Value& value);
double to_number(const Value& value);
std::string to_string(const Value& value);  ///< "undefined", "null", "true", "1.5", the text itself
inline bool is_undefined(const Value& value) {
  return std::holds_alternative<Undefined>(value);
}

/// Where names are looked up.
class Variables {
 public:
  virtual ~Variables() = default;
  /// The variable of that name, dots included ("session.connection.remote.uri"), or nullptr if it was never declared.
  [[nodiscard]] virtual const Value* find(std::string_view name) const = 0;
};

/// A parsed expression; copies share the tree.
class Expression {
 public:
  struct Node;

  /// Fails with the place (column) and the rule on anything outside the supported language.
  static Result<Expression> parse(std::string_view text);

  /// Fails on an undeclared variable, or a string longer than limits::vxml_value_bytes.
  [[nodiscard]] Result<Value> evaluate(const Variables& variables) const;

 private:
  explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace ringwall::voice_browser
