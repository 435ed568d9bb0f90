#include "sip/dialog/glare.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/message/timer_headers.h"

// Our refresh of a session (RFC 4028 section 7.4): an UPDATE without a body where the peer takes it, else a re-INVITE
// with the description that we sent last. The application sees neither, unless the peer answers with a new description.
namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;

constexpr int most_raises = 3;  // 422s in a row that are obeyed
constexpr Duration shortest_wait = std::chrono::seconds(1);

}  // namespace

void Endpoint::Core::refresh_session(Leg& leg, Time now) {
  settle_peer_update(leg);
  const bool busy = leg.client_invite || leg.server_invite || leg.answer || leg.ack_due || leg.own_update ||
                    leg.peer_update || !leg.session.is_settled();
  if (busy || leg.clock.refreshing) {  // what is under way refreshes the session too, if it succeeds
    leg.clock.refresh_at = now + shortest_wait + glare_delay(leg.outgoing, options.random());
    return schedule(leg);
  }
  leg.clock.refresh_at = never;
  leg.clock.refreshing = true;
  std::string branch = new_branch();
  Headers headers;
  ask_for_session(&leg, headers);
  if (leg.peer_updates || leg.description.empty()) {
    std::string bytes = write_in_dialog(leg, Method::update, leg.dialog.next_cseq(), branch, headers, {});
    leg.own_update = start_client(Method::update, std::move(branch), std::move(bytes), Route(leg.route),
                                  Purpose::refresh, leg.id, now)
                         .id;
    return;
  }
  leg.invite_cseq = leg.dialog.next_cseq();
  leg.rseq = 0;
  (void)leg.session.sent(Carrier::invite, true);
  std::string bytes =
      write_in_dialog(leg, Method::invite, leg.invite_cseq, branch, headers, sdp_body(std::string(leg.description)));
  leg.client_invite =
      start_client(Method::invite, std::move(branch), std::move(bytes), Route(leg.route), Purpose::refresh, leg.id, now)
          .id;
}

// The final response to a refresh by UPDATE.
void Endpoint::Core::refresh_response(Leg& leg, const MessagePtr& message, Time now) {
  leg.clock.refreshing = false;
  leg.own_update = {};
  if (message->status() >= 300) return refresh_failed(leg, message->status(), message, now);
  leg.dialog.refresh_target(*message);
  take_session(leg, *message, now);
  advance_reinvite(leg, now);
}

// Whether a message describes the session; what it says is kept in mind.
bool Endpoint::Core::hear(Leg& leg, const Message& message) {
  const std::uint64_t mark = description_mark(message);
  if (mark != 0) leg.heard = mark;
  return mark != 0;
}

// The 2xx to a refresh by re-INVITE. Mostly its answer repeats what holds already; one that says something new is the
// application's, as an Answered without a reinvite().
void Endpoint::Core::refresh_invite_answered(Leg& leg, const MessagePtr& changed, Time now) {
  leg.clock.refreshing = false;
  if (changed) return events.push_back(Answered{leg.id, changed});
  send_ack(leg, {});
  advance_reinvite(leg, now);
}

void Endpoint::Core::refresh_failed(Leg& leg, int status, const MessagePtr& message, Time now) {
  leg.clock.refreshing = false;
  // Section 10, RFC 3261 section 12.2.1.2: the peer is not there, or knows the dialog no more.
  if (status == 408 || status == 481 || message == nullptr) {
    leg.bye_headers = {{"Reason", fmt::format("SIP;cause={};text=\"Session refresh failed\"", status)}};
    return end_by_us(leg, fmt::format("the session could not be refreshed ({})", status), now);
  }
  Duration wait = refresh_after(leg.clock.terms.interval) / 2;
  if (status == 422 && leg.clock.raises++ < most_raises) {
    if (const auto raised = raised_interval(*message, leg.clock.terms.interval);
        raised != std::chrono::seconds::zero()) {
      leg.clock.minimum = raised;
      wait = Duration::zero();
    }
  } else if (status == 491) {
    wait = glare_delay(leg.outgoing, options.random());
  } else if ((status == 405 || status == 501) && leg.peer_updates) {
    leg.peer_updates = false;
    wait = Duration::zero();
  } else if (const auto later = parse_retry_after(message->header(HeaderName::retry_after)); later) {
    wait = std::max<Duration>(shortest_wait, std::chrono::seconds(later->seconds));
  }
  leg.clock.refresh_at = now + wait;
  schedule(leg);
  advance_reinvite(leg, now);
}

}  // namespace ringwall::sip
