#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// The headers of authentication: WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization (a scheme
/// with parameters) and Authentication-Info, Proxy-Authentication-Info (parameters alone). RFC 3261 sections 20.6,
/// 20.7, 20.27, 20.28, 20.44 and 25.1; RFC 7615.
namespace ringwall::sip {

/// Walks `realm="a, b", algorithm=MD5`: what a challenge or credentials hold after their scheme.
class AuthParameterReader {
 public:
  explicit AuthParameterReader(std::string_view text) : rest_(text) {}
  /// Goes to the next parameter; false at the end and at the first mistake.
  bool next();
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view value() const { return value_; }  ///< without quotes, still escaped
  [[nodiscard]] bool quoted() const { return quoted_; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool mistake();
  bool skip_commas();
  bool take_value();

  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
  bool quoted_ = false;
  bool started_ = false;
  bool ok_ = true;
};

/// One challenge, one set of credentials, or one Authentication-Info: views into the header value.
struct AuthValue {
  std::string_view scheme;      ///< "Digest", compared without case; "" for Authentication-Info
  std::string_view parameters;  ///< as written; AuthParameterReader walks them
  std::string_view token;       ///< what stands in place of parameters, as after Bearer (RFC 8898 section 4)

  [[nodiscard]] bool is_digest() const;
  /// Value of a parameter, names without case: without quotes and still escaped. Nothing if absent.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// The same with escapes removed; "" if absent.
  [[nodiscard]] std::string text(std::string_view name) const;
};

/// Reads one header field of a challenge or credentials. These fields hold one value each, commas part its parameters
/// (RFC 3261 section 7.3.1). Refused: no scheme, no parameter nor token, one given twice, more than
/// limits::sip_parameter_count.
Result<AuthValue> parse_auth(std::string_view value);
/// The same without a scheme.
Result<AuthValue> parse_authentication_info(std::string_view value);

}  // namespace ringwall::sip
