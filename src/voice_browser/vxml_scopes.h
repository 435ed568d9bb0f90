#pragma once

#include <map>
#include <string>
#include <string_view>

#include "voice_browser/vxml_expression.h"

namespace ringwall::voice_browser::vxml {

/// The variables of one caller (VoiceXML 2.0 section 5.1.2), from the innermost scope outwards. A page has no
/// application root, so "application." and "document." are one scope.
class Scopes : public Variables {
 public:
  using Map = std::map<std::string, Value, std::less<>>;

  [[nodiscard]] const Value* find(std::string_view name) const override;
  /// Sets the variable in the scope that declares it; false if none does.
  bool assign(std::string_view name, Value value);

  Map session;  ///< by full names
  Map document;
  Map dialog;  ///< the form's variables and items
  Map local;   ///< of the block or handler that runs
};

}  // namespace ringwall::voice_browser::vxml
