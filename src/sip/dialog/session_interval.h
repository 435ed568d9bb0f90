#pragma once

#include <algorithm>
#include <chrono>
#include <expected>

#include "base/time.h"
#include "sip/message/message.h"

/// What two user agents agree on about the session timer (RFC 4028), as pure functions of their messages.
namespace ringwall::sip {

/// Our own wishes.
struct SessionWishes {
  std::chrono::seconds interval{1800};  ///< 0: no session timer unless the peer wants one
  std::chrono::seconds minimum{90};     ///< shorter ones are refused
};

/// What holds for a session from now until its next refresh.
struct SessionTerms {
  std::chrono::seconds interval{0};  ///< 0: none
  bool we_refresh = false;
  bool agreed = false;  ///< the peer runs the timer too; if not, our refreshes only find out whether it is there
};

/// The called side's decision about a refresh request (INVITE or UPDATE), section 9: the terms, or the Min-SE of a 422.
/// `we_refresh_now` keeps the refresher where the request does not choose one.
std::expected<SessionTerms, std::chrono::seconds> grant_session(const Message& request, const SessionWishes& ours,
                                                                bool we_refresh_now);

/// The calling side's reading of a 2xx to its refresh request, section 7.2. Without Session-Expires in it the peer does
/// not know timers: we refresh by our own interval then, so that a peer that has gone is noticed.
SessionTerms read_session(const Message& success, const SessionWishes& ours);

/// The longest Min-SE that is obeyed: a peer that asks for more has no session timer with us.
inline constexpr std::chrono::seconds longest_session{24 * 3600};

/// The interval to ask for after a 422 (section 7.4), or nothing if its Min-SE is missing, no more than what we had
/// asked for, or too long.
std::chrono::seconds raised_interval(const Message& refusal, std::chrono::seconds asked);

/// When the refresher refreshes (section 10: at half the interval).
inline Duration refresh_after(std::chrono::seconds interval) {
  return Duration(interval) / 2;
}
/// When a session that was not refreshed is ended: a third of the interval before its end, at most 32 s (section 10).
inline Duration give_up_after(std::chrono::seconds interval) {
  return Duration(interval) - std::min(Duration(std::chrono::seconds(32)), Duration(interval) / 3);
}

}  // namespace ringwall::sip
