#pragma once

#include <string_view>

#include "sip/message/message.h"
#include "sip/message/parameters.h"

/// The headers that describe a body, and those that point to something beside the call, as views over their values.
namespace ringwall::sip {

/// Content-Type (RFC 3261 section 20.15): type "/" subtype and parameters.
struct ContentType {
  std::string_view type;
  std::string_view subtype;
  Parameters parameters;

  [[nodiscard]] bool is(std::string_view wanted_type, std::string_view wanted_subtype) const;
};
Result<ContentType> parse_content_type(std::string_view value);

/// Content-Disposition (RFC 3261 section 20.11).
struct ContentDisposition {
  std::string_view type;  ///< "session", "render", "early-session", ...
  bool required = true;   ///< handling: a body that is not understood must be refused (415) unless it is "optional"
  Parameters parameters;
};
Result<ContentDisposition> parse_content_disposition(std::string_view value);

/// MIME-Version (RFC 3261 section 20.24).
struct MimeVersion {
  int major = 1;
  int minor = 0;
};
Result<MimeVersion> parse_mime_version(std::string_view value);

/// One value of Call-Info, Alert-Info or Error-Info (RFC 3261 sections 20.4, 20.9, 20.18): "<uri>;purpose=icon".
struct InfoValue {
  Uri uri;
  std::string_view purpose;  ///< of Call-Info; "" if absent
  Parameters parameters;
};
Result<InfoValue> parse_info(std::string_view value);

/// Walks the products and comments of Server and User-Agent (RFC 3261 sections 20.35 and 20.41).
class ProductReader {
 public:
  explicit ProductReader(std::string_view value) : rest_(grammar::trim_spaces(value)) {}
  /// Goes to the next one; false at the end and at the first mistake.
  bool next();
  [[nodiscard]] std::string_view product() const { return product_; }  ///< "" for a comment
  [[nodiscard]] std::string_view version() const { return version_; }  ///< "" if absent
  [[nodiscard]] std::string_view comment() const { return comment_; }  ///< without its parentheses, still escaped
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  std::string_view product_;
  std::string_view version_;
  std::string_view comment_;
  bool ok_ = true;
};

}  // namespace ringwall::sip
