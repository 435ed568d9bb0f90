#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sip/message/parameters.h"

/// The headers that say times, as views over their values. Expires, Min-Expires, Flow-Timer (RFC 5626) and a plain
/// number of seconds are parse_delta_seconds().
namespace ringwall::sip {

enum class Refresher : std::uint8_t { unspecified, uac, uas };

/// Session-Expires (RFC 4028 section 4).
struct SessionExpires {
  std::uint32_t seconds = 0;
  Refresher refresher = Refresher::unspecified;
  Parameters parameters;
};
Result<SessionExpires> parse_session_expires(std::string_view value);
std::string print(const SessionExpires& value);  ///< seconds and refresher

/// Min-SE (RFC 4028 section 5), in seconds; its parameters mean nothing so far and are only checked.
Result<std::uint32_t> parse_min_se(std::string_view value);

/// Retry-After (RFC 3261 section 20.33).
struct RetryAfter {
  std::uint32_t seconds = 0;
  std::string_view comment;    ///< between its parentheses, still escaped
  std::uint32_t duration = 0;  ///< how long the callee will be there, in seconds; 0 = not said
};
Result<RetryAfter> parse_retry_after(std::string_view value);

/// Timestamp (RFC 3261 section 20.38): decimal numbers of seconds, as written.
struct TimestampHeader {
  std::string_view time;
  std::string_view delay;  ///< "" if absent
};
Result<TimestampHeader> parse_timestamp(std::string_view value);

/// Date (RFC 3261 section 20.17): the form of RFC 1123 in GMT and no other; the name of the day must fit the date.
Result<std::chrono::sys_seconds> parse_date(std::string_view value);
std::string print_date(std::chrono::sys_seconds time);

/// Length of the comment that `text` begins with, both parentheses included; 0 if it does not end or is nested deeper
/// than 8.
std::size_t comment_length(std::string_view text);

}  // namespace ringwall::sip
