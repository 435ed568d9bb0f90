#include "sip/dialog/session_interval.h"

#include <algorithm>
#include <optional>

#include "sip/message/list_headers.h"
#include "sip/message/timer_headers.h"

namespace ringwall::sip {
namespace {

using std::chrono::seconds;

std::optional<SessionExpires> session_expires(const Message& message) {
  const auto read = parse_session_expires(message.header(HeaderName::session_expires));
  return read ? std::optional(*read) : std::nullopt;
}

seconds min_se(const Message& message) {
  const auto read = parse_min_se(message.header(HeaderName::min_se));
  return seconds(read ? *read : 0);
}

bool knows_timers(const Message& request) {
  return has_token(request, HeaderName::supported, "timer") || has_token(request, HeaderName::require, "timer");
}

}  // namespace

std::expected<SessionTerms, seconds> grant_session(const Message& request, const SessionWishes& ours,
                                                   bool we_refresh_now) {
  const auto asked = session_expires(request);
  const bool known = knows_timers(request);
  // Only a caller that knows timers can repeat its request with a longer one.
  if (asked && seconds(asked->seconds) < ours.minimum && known) return std::unexpected(ours.minimum);
  seconds interval = ours.interval;
  if (asked) {
    const seconds wanted(asked->seconds);
    interval = interval == seconds::zero() ? wanted : std::min(wanted, interval);
  }
  if (interval == seconds::zero()) return SessionTerms{};
  interval = std::clamp(std::max(interval, min_se(request)), ours.minimum, std::max(ours.minimum, longest_session));
  bool we_refresh = !known || we_refresh_now;
  if (known && asked && asked->refresher != Refresher::unspecified) we_refresh = asked->refresher == Refresher::uas;
  return SessionTerms{interval, we_refresh, true};
}

SessionTerms read_session(const Message& success, const SessionWishes& ours) {
  const auto granted = session_expires(success);
  if (!granted || granted->seconds == 0) return {ours.interval, ours.interval != seconds::zero(), false};
  // A peer that goes below our Min-SE is not followed into a storm of refreshes.
  const seconds interval = std::clamp(seconds(granted->seconds), ours.minimum, std::max(ours.minimum, longest_session));
  return {interval, granted->refresher != Refresher::uas, true};
}

seconds raised_interval(const Message& refusal, seconds asked) {
  const seconds wanted = min_se(refusal);
  return wanted <= asked || wanted > longest_session ? seconds::zero() : wanted;
}

}  // namespace ringwall::sip
