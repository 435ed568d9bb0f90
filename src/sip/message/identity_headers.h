#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message/message.h"
#include "sip/message/parameters.h"

/// The headers that say who calls, on whose way, why, and as part of which conversation.
namespace ringwall::sip {

/// Session-ID (RFC 7989 section 5). A peer of RFC 7329 sends no `remote`.
struct SessionIdHeader {
  std::string_view local;   ///< 32 lower-case hex digits; all zero: the null UUID
  std::string_view remote;  ///< "" if absent
};
Result<SessionIdHeader> parse_session_id(std::string_view value);
std::string print(const SessionIdHeader& value);
/// What our next message shows after `sent` was answered with `received`: our UUID of the one, the peer's of the other;
/// "" if we sent none.
std::string next_session_id(const Message& sent, const Message& received);
bool is_session_uuid(std::string_view text);  ///< 32 lower-case hex digits
inline constexpr std::string_view null_session_uuid = "00000000000000000000000000000000";

/// One value of Reason (RFC 3326 section 2).
struct ReasonValue {
  std::string_view protocol;  ///< "SIP", "Q.850", ...
  std::optional<int> cause;   ///< a status code or a cause of Q.850
  std::string_view text;      ///< still escaped; "" if absent
};
Result<ReasonValue> parse_reason(std::string_view value);

/// One value of Diversion (RFC 5806 section 4): who sent the call on, the latest first.
struct Diversion {
  NameAddr diverter;
  std::string_view reason;               ///< "user-busy", "no-answer", "unconditional", ...; "" if absent
  std::optional<std::uint32_t> counter;  ///< how many diversions this value stands for
  std::optional<std::uint32_t> limit;
  std::string_view privacy;  ///< "full", "name", "uri", "off", ...; "" if absent
  std::string_view screen;   ///< "yes" or "no"
};
Result<Diversion> parse_diversion(std::string_view value);

/// One value of History-Info (RFC 7044 section 5).
struct HistoryEntry {
  NameAddr target;         ///< its URI may hold Privacy and Reason headers
  std::string_view index;  ///< "1.2.1"; "" where a peer left it out
  enum class Link : std::uint8_t { none, recursed, mapped, not_changed } link = Link::none;  ///< rc, mp, np
  std::string_view link_index;                                                               ///< the entry it came from
};
Result<HistoryEntry> parse_history_entry(std::string_view value);

/// What a Privacy header asks for (RFC 3323 section 4.2, RFC 3325 section 9.3, RFC 7044).
struct Privacy {
  bool header = false;
  bool session = false;
  bool user = false;
  bool none = false;
  bool critical = false;
  bool id = false;
  bool history = false;

  [[nodiscard]] bool hides_identity() const { return id || user; }
};
Result<Privacy> parse_privacy(std::string_view value);
/// The Privacy of a message; all false if it has none or it cannot be read.
Privacy privacy_of(const Message& message);

/// P-Asserted-Identity or P-Preferred-Identity (RFC 3325 section 9): at most two values, one SIP or SIPS URI and one
/// tel URI.
struct AssertedIdentity {
  std::optional<NameAddr> sip;
  std::optional<NameAddr> tel;
};
/// Reads all fields of that name.
Result<AssertedIdentity> parse_asserted_identity(const Message& message, HeaderName name);

}  // namespace ringwall::sip
