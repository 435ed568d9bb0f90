#include "sip/message/warning.h"

#include "base/text.h"
#include "sip/message/grammar.h"

namespace ringwall::sip {

std::string print(const Warning& warning) {
  std::string out = fmt::format("{:03} {} \"", warning.code, warning.agent);
  for (char c : warning.text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
  out += '"';
  return out;
}

Result<Warning> parse_warning(std::string_view value) {
  std::string_view rest = grammar::trim_spaces(value);
  const auto code = parse_unsigned<int>(take_until(rest, ' '));
  if (!code || *code < 100 || *code > 999) return fail("it does not begin with a code of three digits", "Warning");
  grammar::skip_spaces(rest);
  Warning warning{*code, std::string(take_until(rest, ' ')), {}};
  grammar::skip_spaces(rest);
  if (warning.agent.empty() || !rest.starts_with('"') || grammar::quoted_length(rest) != rest.size())
    return fail("it is not: code, agent, quoted text", "Warning");
  rest = rest.substr(1, rest.size() - 2);
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    warning.text += rest[at];
  }
  return warning;
}

}  // namespace ringwall::sip
