#pragma once

#include <chrono>
#include <cstdint>

/// The numbers of RFC 8445, RFC 8489 and RFC 7675.
namespace ringwall::media {

using namespace std::chrono_literals;

inline constexpr auto ice_pace = 50ms;               // Ta, RFC 8445 section 14.2
inline constexpr auto ice_least_timeout = 500ms;     // RTO, RFC 8445 section 14.3
inline constexpr unsigned ice_most_sent = 7;         // Rc, RFC 8489 section 6.2.1
inline constexpr int ice_last_wait = 16;             // Rm, in RTOs
inline constexpr auto ice_patience = 39'500ms;       // nothing has failed before, RFC 8863 section 3
inline constexpr auto ice_better_pair_time = 300ms;  // after the first valid pair a better one may still be found
inline constexpr auto ice_consent_interval = 5s;     // +-20 %, RFC 7675 section 5.1
inline constexpr auto ice_settle_time = 5s;

/// RFC 8445 section 5.1.2.1: type preference 126 (host), 110 (peer-reflexive); one local address.
inline constexpr std::uint32_t host_priority(std::uint16_t component) {
  return (126u << 24) + (65'535u << 8) + (256u - component);
}
inline constexpr std::uint32_t peer_reflexive_priority(std::uint16_t component) {
  return (110u << 24) + (65'535u << 8) + (256u - component);
}

}  // namespace ringwall::media
