#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sip/message/grammar.h"

namespace ringwall::sip {

/// The ";name=value" list that follows the main value of a header (RFC 3261 section 25.1, generic-param), as one view
/// of it that was checked: well formed, no name twice (section 7.3.1), at most limits::sip_parameter_count.
class Parameters {
 public:
  Parameters() = default;

  /// Value of a parameter; "" for one without a value, nothing if absent. Names compare without case. A quoted value
  /// comes without its quotes and still escaped.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// As written, without the leading ';'.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Walks them in the order written.
  [[nodiscard]] grammar::ParameterReader reader() const { return grammar::ParameterReader(text_); }

 private:
  friend const char* read_parameters(std::string_view text, Parameters& out);
  std::string_view text_;
};

/// Reads ";a=1;b" to the end of `text`; returns what is wrong in plain words, or nullptr. Empty text has no parameters.
const char* read_parameters(std::string_view text, Parameters& out);
Result<Parameters> parse_parameters(std::string_view text);

/// A header value cut at the ';' that begins its parameters: "token;a=1". The main part has no space around it.
struct ParameterizedValue {
  std::string_view main;
  Parameters parameters;
};
const char* read_parameterized(std::string_view text, ParameterizedValue& out);

/// The text of a quoted-string, from what stands between its quotes: each '\' removed (RFC 3261 section 25.1).
std::string unescape_quoted(std::string_view inside);
/// A quoted-string that holds `text`. Characters that it cannot hold (CR, LF, NUL) become spaces.
std::string print_quoted(std::string_view text);

/// delta-seconds (RFC 3261 section 25.1): digits; a number above 2^32 - 1 is taken as that, nothing if there is none.
std::optional<std::uint32_t> parse_delta_seconds(std::string_view text);
/// qvalue in thousandths, 0 to 1000 (RFC 3261 section 25.1): "1", "0.5", "0.123"; nothing for anything else.
std::optional<int> parse_q(std::string_view text);

}  // namespace ringwall::sip
