#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sip/message/message.h"

namespace ringwall::sip {

/// One header to write: by its known name, or (name = other) by its text.
struct HeaderLine {
  HeaderName name = HeaderName::other;
  std::string_view text_name;  ///< used when name is `other`
  std::string_view value;
};

/// What a response holds besides what RFC 3261 section 8.2.6 copies from its request. All views need only live during
/// the call.
struct ResponseParts {
  std::string_view reason;   ///< empty: the RFC's phrase
  std::string_view to_tag;   ///< added to To if it has no tag; left out for 100
  std::string_view top_via;  ///< replaces the first Via value (with `received`/`rport` filled in); empty: as it came
  std::span<const HeaderLine> headers;
  std::string_view content_type;
  std::string_view body;
};

/// The response to `request`: Via, From, To, Call-ID and CSeq copied (RFC 3261 section 8.2.6), Timestamp in a 100,
/// Record-Route in 101..299 (section 12.1.1), then `parts.headers` in order.
std::string make_response(const Message& request, int status, const ResponseParts& parts = {});

/// The short form: a reason, a tag and extra headers.
std::string make_response(const Message& request, int status, std::string_view reason, std::string_view to_tag,
                          std::span<const HeaderLine> headers = {}, std::string_view content_type = {},
                          std::string_view body = {});

/// The answer to bytes that Message::parse refused, from what can be salvaged of them; nothing when
/// `error.answerable` is false. It carries `error.status` and `error.reason` as reason phrase.
std::optional<std::string> make_error_response(std::string_view bytes, const ParseError& error,
                                               std::string_view to_tag);

}  // namespace ringwall::sip
