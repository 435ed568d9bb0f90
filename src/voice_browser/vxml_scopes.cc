#include "voice_browser/vxml_scopes.h"

namespace ringwall::voice_browser::vxml {
namespace {

const Value* look_up(const Scopes::Map& scope, std::string_view name) {
  const auto found = scope.find(name);
  return found == scope.end() ? nullptr : &found->second;
}

/// Takes "dialog." from "dialog.choice".
bool take_prefix(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

}  // namespace

const Value* Scopes::find(std::string_view name) const {
  for (const Map* scope : {&local, &dialog, &document, &session}) {
    if (const Value* value = look_up(*scope, name)) return value;
  }
  if (take_prefix(name, "dialog.")) return look_up(dialog, name);
  if (take_prefix(name, "document.") || take_prefix(name, "application.")) return look_up(document, name);
  return nullptr;
}

bool Scopes::assign(std::string_view name, Value value) {
  const Value* found = find(name);
  // What describes the call is not the page's to change.
  if (found == nullptr || look_up(session, name) != nullptr) return false;
  *const_cast<Value*>(found) = std::move(value);
  return true;
}

}  // namespace ringwall::voice_browser::vxml
