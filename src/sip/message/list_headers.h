#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/message/message.h"
#include "sip/message/parameters.h"

/// Headers that are lists: tokens (Allow, Supported, Require, Proxy-Require, Unsupported, Allow-Events, In-Reply-To,
/// Content-Encoding, Content-Language, Recv-Info), tokens with weights (Accept, Accept-Encoding, Accept-Language), and
/// addresses (Contact, Route, Path, Service-Route, P-Asserted-Identity, ...).
namespace ringwall::sip {

/// Walks the values of one field, cut at commas outside quotes and angle brackets. Empty ones are left out.
class ListReader {
 public:
  explicit ListReader(std::string_view field) : rest_(field) {}
  bool next();
  [[nodiscard]] std::string_view value() const { return value_; }  ///< without space around it

 private:
  std::string_view rest_;
  std::string_view value_;
};

/// Whether a list header holds a token, in any of its fields; without case, parameters of the value not looked at.
bool has_token(const Message& message, HeaderName name, std::string_view token);
/// The same for one field.
bool list_holds(std::string_view field, std::string_view token);
/// Whether a list header is there with exactly one value.
bool has_one_value(const Message& message, HeaderName name);
/// A method in Allow: methods compare with case (RFC 3261 section 7.1).
bool allows(const Message& message, std::string_view method);

/// Walks the addresses of one field. Strict: an empty value is an error.
class AddressReader {
 public:
  explicit AddressReader(std::string_view field) : rest_(field) {}
  /// Goes to the next address; false at the end and at the first mistake.
  bool next();
  [[nodiscard]] const NameAddr& value() const { return value_; }
  [[nodiscard]] std::string_view text() const { return text_; }  ///< as written, with its parameters
  [[nodiscard]] bool ok() const { return trouble_ == nullptr; }
  [[nodiscard]] const char* trouble() const { return trouble_; }

 private:
  std::string_view rest_;
  NameAddr value_;
  std::string_view text_;
  bool started_ = false;
  const char* trouble_ = nullptr;
};

/// One range of Accept, Accept-Encoding or Accept-Language (RFC 3261 sections 20.1 to 20.3).
struct AcceptRange {
  std::string_view range;  ///< "application/sdp", "application/*", "gzip", "en"
  int q = 1000;            ///< in thousandths
  Parameters parameters;
};
Result<AcceptRange> parse_accept_range(std::string_view value);
/// Whether a message accepts a media type by its Accept fields. Without any, application/sdp alone is accepted
/// (RFC 3261 section 20.1).
bool accepts(const Message& message, std::string_view media_type);

}  // namespace ringwall::sip
