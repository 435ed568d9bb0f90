#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringwall::sip {

/// A SIP, SIPS or tel URI (RFC 3261 section 19.1, RFC 3966) as views over the text it was parsed from.
struct Uri {
  std::string_view text;        ///< the whole URI as written
  std::string_view scheme;      ///< "sip", "sips", "tel", or whatever was there
  std::string_view user;        ///< still escaped; for tel: the number
  std::string_view password;    ///< still escaped
  std::string_view host;        ///< IPv6 references keep their brackets
  std::uint16_t port = 0;       ///< 0 = not given
  std::string_view parameters;  ///< after the host, without the leading ';'
  std::string_view headers;     ///< without the leading '?'

  /// Value of a URI parameter; "" for one without a value, nothing if absent. Names compare without case.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
  [[nodiscard]] bool is_sip() const;  ///< sip: or sips:
  /// The host without brackets.
  [[nodiscard]] std::string_view bare_host() const;
};

/// Views point into `text`. An unknown scheme is no error: only `scheme` and `text` are set then.
Result<Uri> parse_uri(std::string_view text);

/// Equality by RFC 3261 section 19.1.4, of tel URIs by RFC 3966 section 4, of other schemes byte by byte.
bool equivalent(const Uri& a, const Uri& b);

/// Percent-decoding and -encoding of a user part (RFC 3261 section 25.1 `user`).
std::string unescape(std::string_view text);
std::string escape_user(std::string_view text);

/// Value of `name` in a ";a=1;b" list (without leading ';'); quoted values are returned without their quotes.
std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name);

}  // namespace ringwall::sip
