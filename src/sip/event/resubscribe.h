#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringwall::sip::event {

/// When to subscribe again after a NOTIFY that ended the subscription (RFC 6665 section 4.1.3): 0 is at once, nothing
/// is not at all. `reason` and `retry_after` (seconds) are those of its Subscription-State.
std::optional<std::chrono::seconds> resubscribe_after(std::string_view reason,
                                                      std::optional<std::uint32_t> retry_after);

}  // namespace ringwall::sip::event
