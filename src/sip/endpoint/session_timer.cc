#include "sip/endpoint/core.h"
#include "sip/message/list_headers.h"
#include "sip/message/timer_headers.h"

// The session timer of a call (RFC 4028): what is agreed in each INVITE and UPDATE, and its end.
namespace ringwall::sip {
namespace {

std::string print_interval(std::chrono::seconds interval, Refresher refresher) {
  SessionExpires out;
  out.seconds = static_cast<std::uint32_t>(interval.count());
  out.refresher = refresher;
  return print(out);
}

void replace(Headers& headers, HeaderName name, std::string value) {
  std::erase_if(headers, [name](const auto& header) { return parse_header_name(header.first) == name; });
  headers.emplace_back(print(name), std::move(value));
}

}  // namespace

SessionWishes Endpoint::Core::session_wishes() const {
  return {options.session_timers.interval, std::max(options.session_timers.minimum, std::chrono::seconds(1))};
}

// True if the request asks for a session that is too short (section 9): 422 with this Min-SE.
bool Endpoint::Core::refuse_short_session(const Leg* leg, const Message& request, std::string& min_se) const {
  if (!request.has(HeaderName::session_expires)) return false;
  const auto granted = grant_session(request, session_wishes(), leg != nullptr && leg->clock.terms.we_refresh);
  if (!granted) min_se = std::to_string(granted.error().count());
  return !granted.has_value();
}

// Session-Expires and Min-SE of our INVITE or UPDATE; without a leg, of a first INVITE.
void Endpoint::Core::ask_for_session(const Leg* leg, Headers& headers) const {
  const SessionWishes wishes = session_wishes();
  const std::chrono::seconds least = std::max(wishes.minimum, leg != nullptr ? leg->clock.minimum : wishes.minimum);
  const bool running = leg != nullptr && leg->clock.terms.interval > std::chrono::seconds::zero();
  const std::chrono::seconds wanted = running ? leg->clock.terms.interval : wishes.interval;
  if (wanted == std::chrono::seconds::zero()) return;
  Refresher refresher = Refresher::unspecified;  // the called side chooses first; later requests keep the role
  if (running && leg->clock.terms.agreed) refresher = leg->clock.terms.we_refresh ? Refresher::uac : Refresher::uas;
  replace(headers, HeaderName::session_expires, print_interval(std::max(wanted, least), refresher));
  replace(headers, HeaderName::min_se, std::to_string(least.count()));
}

// Called side: what our 2xx says, and from now on holds.
void Endpoint::Core::grant_session_to(Leg& leg, const Message& request, Headers& headers, Time now) {
  const auto granted = grant_session(request, session_wishes(), leg.clock.terms.we_refresh);
  const SessionTerms terms = granted.value_or(SessionTerms{});
  start_session(leg, terms, now);
  if (terms.interval == std::chrono::seconds::zero()) return;
  const Refresher refresher = terms.we_refresh ? Refresher::uas : Refresher::uac;
  replace(headers, HeaderName::session_expires, print_interval(terms.interval, refresher));
  if (!terms.we_refresh) headers.emplace_back("Require", "timer");
}

// Calling side: a 2xx to our INVITE or UPDATE.
void Endpoint::Core::take_session(Leg& leg, const Message& success, Time now) {
  if (success.has(HeaderName::allow)) leg.peer_updates = allows(success, "UPDATE");
  leg.clock.raises = 0;
  start_session(leg, read_session(success, session_wishes()), now);
}

void Endpoint::Core::start_session(Leg& leg, const SessionTerms& terms, Time now) {
  leg.clock.terms = terms;
  leg.clock.refresh_at = leg.clock.end_at = never;
  if (terms.interval == std::chrono::seconds::zero()) return;
  if (terms.we_refresh) leg.clock.refresh_at = now + refresh_after(terms.interval);
  if (terms.agreed) leg.clock.end_at = now + give_up_after(terms.interval);
  schedule(leg);
}

void Endpoint::Core::expire_session(Leg& leg, Time now) {
  if (leg.silent || leg.state != Leg::State::confirmed) {
    leg.clock.refresh_at = leg.clock.end_at = never;
  } else if (leg.clock.end_at <= now) {
    leg.clock.refresh_at = leg.clock.end_at = never;
    leg.bye_headers = {{"Reason", "SIP;cause=408;text=\"Session timer expired\""}};
    end_by_us(leg, "the session timer ran out", now);
  } else if (leg.clock.refresh_at <= now) {
    refresh_session(leg, now);
  }
}

}  // namespace ringwall::sip
