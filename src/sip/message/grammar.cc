#include "sip/message/grammar.h"

namespace ringwall::sip::grammar {

bool well_escaped(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (text.size() - at < 3 || !is(text[at + 1], hex) || !is(text[at + 2], hex)) return false;
  }
  return true;
}

std::size_t quoted_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return 0;
}

std::size_t list_value_length(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return text.size();
  // A plain list, as of tokens.
  if (text.substr(0, comma).find_first_of("<\"") == std::string_view::npos) return comma;
  bool in_angles = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ',' && !in_angles) return at;
    if (c == '<') in_angles = true;
    if (c == '>') in_angles = false;
    if (c == '"' && !in_angles) {
      const std::size_t length = quoted_length(text.substr(at));
      if (length == 0) return text.size();
      at += length - 1;
    }
  }
  return text.size();
}

bool ParameterReader::next() {
  if (!ok_) return false;
  skip_spaces(rest_);
  if (rest_.empty()) return false;
  if (rest_.front() == ';') {
    rest_.remove_prefix(1);
    skip_spaces(rest_);
  } else if (started_) {
    return mistake();
  }
  started_ = true;
  const std::size_t length = prefix(rest_, param_name);
  name_ = rest_.substr(0, length);
  value_ = {};
  rest_.remove_prefix(length);
  if (length == 0) return mistake();
  skip_spaces(rest_);
  if (rest_.empty() || rest_.front() != '=') return true;
  rest_.remove_prefix(1);
  skip_spaces(rest_);
  return take_value();
}

bool ParameterReader::take_value() {
  const bool quoted = !rest_.empty() && rest_.front() == '"';
  const std::size_t length = quoted ? quoted_length(rest_) : prefix(rest_, param_value);
  if (length == 0) return mistake();
  value_ = quoted ? rest_.substr(1, length - 2) : rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

}  // namespace ringwall::sip::grammar
