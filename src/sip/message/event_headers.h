#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/message/parameters.h"

/// The headers of event notification (RFC 6665 section 8.2) as views over their values. Allow-Events is a list of
/// packages: has_token() of token_headers.h.
namespace ringwall::sip {

/// Event (RFC 6665 section 8.2.1).
struct EventHeader {
  std::string_view package;  ///< with its templates: "presence.winfo"
  std::string_view id;       ///< "" if absent
  Parameters parameters;     ///< all, `id` too
};
Result<EventHeader> parse_event(std::string_view value);
/// Whether a NOTIFY belongs to a subscription: package and id are compared byte by byte (RFC 6665 section 8.2.1).
bool same_event(const EventHeader& a, const EventHeader& b);

/// Subscription-State (RFC 6665 section 8.2.3).
struct SubscriptionStateHeader {
  std::string_view state;                    ///< "active", "pending", "terminated", or an extension
  std::string_view reason;                   ///< "" if absent
  std::optional<std::uint32_t> expires;      ///< seconds
  std::optional<std::uint32_t> retry_after;  ///< seconds
  Parameters parameters;

  [[nodiscard]] bool is_active() const;
  [[nodiscard]] bool is_pending() const;
  [[nodiscard]] bool is_terminated() const;
};
Result<SubscriptionStateHeader> parse_subscription_state(std::string_view value);

}  // namespace ringwall::sip
