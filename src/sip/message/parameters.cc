#include "sip/message/parameters.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace ringwall::sip {

std::optional<std::string_view> Parameters::find(std::string_view name) const {
  grammar::ParameterReader walk = reader();
  while (walk.next()) {
    if (grammar::same(walk.name(), name)) return walk.value();
  }
  return std::nullopt;
}

const char* read_parameters(std::string_view text, Parameters& out) {
  const std::string_view list = grammar::trim_spaces(text);
  if (list.empty()) return nullptr;
  if (list.front() != ';') return "something stands where a ';' or the end was expected";
  grammar::ParameterReader reader(list);
  std::array<std::string_view, limits::sip_parameter_count> names;
  std::size_t count = 0;
  while (reader.next()) {
    if (count == names.size()) return "there are more than 64 parameters";
    for (std::size_t i = 0; i < count; ++i) {
      if (grammar::same(names[i], reader.name())) return "a parameter is given twice";
    }
    names[count++] = reader.name();
  }
  if (!reader.ok()) return "a parameter is empty or malformed";
  out.text_ = grammar::trim_spaces(list.substr(1));
  return nullptr;
}

Result<Parameters> parse_parameters(std::string_view text) {
  Parameters out;
  if (const char* trouble = read_parameters(text, out)) return fail(trouble);
  return out;
}

const char* read_parameterized(std::string_view text, ParameterizedValue& out) {
  const auto semicolon = std::min(text.find(';'), text.size());
  out.main = grammar::trim_spaces(text.substr(0, semicolon));
  return read_parameters(text.substr(semicolon), out.parameters);
}

std::string unescape_quoted(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '\\' && at + 1 < inside.size()) ++at;
    out += inside[at];
  }
  return out;
}

std::string print_quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
  out += '"';
  return out;
}

std::optional<std::uint32_t> parse_delta_seconds(std::string_view text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  return parse_unsigned<std::uint32_t>(text).value_or(0xffff'ffffU);
}

std::optional<int> parse_q(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return std::nullopt;
  int thousandths = (text[0] - '0') * 1000;
  if (text.size() == 1) return thousandths;
  if (text[1] != '.') return std::nullopt;
  int weight = 100;
  for (char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    thousandths += (c - '0') * weight;
    weight /= 10;
  }
  return thousandths <= 1000 ? std::optional(thousandths) : std::nullopt;
}

}  // namespace ringwall::sip
