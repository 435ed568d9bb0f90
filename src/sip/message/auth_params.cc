#include "sip/message/auth_params.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "sip/message/grammar.h"
#include "sip/message/parameters.h"

namespace ringwall::sip {
namespace {

/// What is wrong with a parameter list, or nullptr.
const char* check(std::string_view parameters) {
  AuthParameterReader reader(parameters);
  std::array<std::string_view, limits::sip_parameter_count> names;
  std::size_t count = 0;
  while (reader.next()) {
    if (count == names.size()) return "there are more than 64 parameters";
    for (std::size_t i = 0; i < count; ++i) {
      if (grammar::same(names[i], reader.name())) return "a parameter is given twice";
    }
    names[count++] = reader.name();
  }
  if (!reader.ok()) return "a parameter is malformed";
  return count == 0 ? "there is no parameter" : nullptr;
}

/// token68 of RFC 7235 section 2.1: one word, of which only the end may hold '='.
bool is_token68(std::string_view text) {
  const auto end = text.find_last_not_of('=');
  if (end == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1,
                     [](char c) { return c != '=' && (grammar::is(c, grammar::token) || c == '/'); });
}

}  // namespace

bool AuthParameterReader::mistake() {
  ok_ = false;
  return false;
}

/// Between two parameters stands a comma; more of them are empty list elements and harmless.
bool AuthParameterReader::skip_commas() {
  bool comma = false;
  grammar::skip_spaces(rest_);
  while (rest_.starts_with(',')) {
    comma = true;
    rest_.remove_prefix(1);
    grammar::skip_spaces(rest_);
  }
  return comma;
}

bool AuthParameterReader::next() {
  if (!ok_) return false;
  const bool comma = skip_commas();
  if (rest_.empty()) return false;
  if (started_ && !comma) return mistake();
  started_ = true;
  const std::size_t length = grammar::prefix(rest_, grammar::token);
  name_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  grammar::skip_spaces(rest_);
  if (length == 0 || !rest_.starts_with('=')) return mistake();
  rest_.remove_prefix(1);
  grammar::skip_spaces(rest_);
  return take_value();
}

bool AuthParameterReader::take_value() {
  quoted_ = rest_.starts_with('"');
  // Some peers leave out the quotes around a URI or base64 text: all but space, comma and quote is taken.
  const std::size_t length =
      quoted_ ? grammar::quoted_length(rest_) : std::min(rest_.find_first_of(" \t,\""), rest_.size());
  if (length == 0) return mistake();
  value_ = quoted_ ? rest_.substr(1, length - 2) : rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool AuthValue::is_digest() const {
  return grammar::same(scheme, "Digest");
}

std::optional<std::string_view> AuthValue::find(std::string_view name) const {
  AuthParameterReader reader(parameters);
  while (reader.next()) {
    if (grammar::same(reader.name(), name)) return reader.value();
  }
  return std::nullopt;
}

std::string AuthValue::text(std::string_view name) const {
  return unescape_quoted(find(name).value_or(std::string_view{}));
}

Result<AuthValue> parse_auth(std::string_view value) {
  std::string_view rest = grammar::trim_spaces(value);
  const std::size_t length = grammar::prefix(rest, grammar::token);
  AuthValue out;
  out.scheme = rest.substr(0, length);
  rest.remove_prefix(length);
  if (length == 0 || rest.empty() || !grammar::is_space(rest.front()))
    return fail("it does not begin with a scheme and a space", "authentication");
  grammar::skip_spaces(rest);
  if (!out.is_digest() && is_token68(rest)) {
    out.token = rest;
    return out;
  }
  if (const char* trouble = check(rest)) return fail(trouble, "authentication");
  out.parameters = rest;
  return out;
}

Result<AuthValue> parse_authentication_info(std::string_view value) {
  const std::string_view rest = grammar::trim_spaces(value);
  if (const char* trouble = check(rest)) return fail(trouble, "authentication");
  AuthValue out;
  out.parameters = rest;
  return out;
}

}  // namespace ringwall::sip
