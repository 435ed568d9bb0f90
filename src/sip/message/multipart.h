#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::sip {

/// One part of a body, as views into it.
struct BodyPart {
  std::string_view
      content_type;          ///< the whole value with parameters; "text/plain" when the part names none (RFC 2046 5.1)
  std::string_view headers;  ///< the part's header lines
  std::string_view body;
};

/// "application" "/" "sdp": type and subtype of a Content-Type value, without parameters, as written.
std::string_view media_type(std::string_view content_type);

/// Splits a multipart body (RFC 2046 section 5.1.1) at the boundary that `content_type` names. Limit:
/// limits::sip_multipart_parts.
Result<std::vector<BodyPart>> split_multipart(std::string_view content_type, std::string_view body);

/// The body, or the first part of a multipart body (nested at most limits::sip_multipart_depth deep), whose type is
/// `wanted`, e.g. "application/sdp". Nothing if there is none; an error if the multipart cannot be read.
Result<std::optional<std::string_view>> find_part(std::string_view content_type, std::string_view body,
                                                  std::string_view wanted);

}  // namespace ringwall::sip
