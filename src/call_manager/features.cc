// What the call manager does beside registrations and calls: who may do what, and where it is done.
#include "base/log.h"
#include "call_manager/call_manager.h"
#include "call_manager/transfer.h"
#include "sip/message/dialog_headers.h"
#include "sip/message/event_headers.h"

namespace ringwall::call_manager {

std::string CallManager::allow() const {
  return "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER, MESSAGE, NOTIFY, PUBLISH, REFER, SUBSCRIBE";
}

std::string CallManager::allow_events() const {
  std::string out;
  for (const auto& package : sip::event::packages())
    out.append(out.empty() ? "" : ", ").append(package.name);
  return out;
}

// RFC 3891 section 3: who may take a call over has to be decided. A phone of the site may take over what another
// phone of the site is in: the group that picks up is the site. The side of an element is the caller's; only that
// element may replace it.
void CallManager::take_over(const sip::IncomingInvite& invite, const policy::Admitted& peer) {
  const auto call = std::dynamic_pointer_cast<LineCall>(agent().owner(invite.replaces));
  if (!call) return agent().refuse(invite, {.status = 481, .warning = "there is no such call"});
  const std::string& replaced = call->peer_of(invite.replaces);
  if (replaced != peer.name && !(peer.kind == policy::PeerKind::phone && site().phone(replaced)))
    return agent().refuse(invite, {.status = 403,
                                   .warning = "that call may not be taken over",
                                   .reason = fmt::format("{} may not take over a call of {}", peer.name, replaced)});
  if (!call->can_transfer() && call->is_up())
    return agent().refuse(invite, {.status = 491, .warning = "the call is being transferred"});
  call->take_over(invite, peer);
}

// Outside the call's dialog it has to name it (RFC 4538), and to be the call's own.
void CallManager::on_refer(const sip::IncomingRequest& request, const policy::Admitted& peer) {
  const auto named = sip::parse_target_dialog(request.message->header(sip::HeaderName::target_dialog));
  sip::LegId leg;
  if (named) leg = agent().endpoint().find_dialog(named->call_id, named->local_tag, named->remote_tag);
  if (named && !leg) leg = agent().endpoint().find_dialog(named->call_id, named->remote_tag, named->local_tag);
  const auto call = std::dynamic_pointer_cast<LineCall>(agent().owner(leg));
  if (!call || call->peer_of(leg) != peer.name)
    return agent().refuse(
        request, {.status = 403, .warning = "a REFER has to be in a call of yours, or to name one in Target-Dialog"});
  Transfer::start(*this, call, leg, request);
}

// A device publishes for its own line, elements for every line.
void CallManager::on_publish(const sip::IncomingRequest& request, const policy::Admitted& peer) {
  const auto event = sip::parse_event(request.message->header(sip::HeaderName::event));
  if (!event || event->package != "presence") {
    agent().endpoint().respond(request.id, {.status = 489, .headers = {{"Allow-Events", "presence"}}}, now());
    return;
  }
  const std::string line = call::user_or_uri(request.message->request_uri());
  const auto* phone = site().phone_of_line(line);
  if (!phone) return agent().refuse(request, {.status = 404, .warning = "there is no line " + line});
  if (peer.kind == policy::PeerKind::trunk || (peer.kind == policy::PeerKind::phone && peer.name != phone->name))
    return agent().refuse(request, {.status = 403,
                                    .warning = "this line's presence is not yours to publish",
                                    .reason = fmt::format("{} may not publish for line {}", peer.name, line)});
  auto outcome = publications_.publish(*request.message, line, now());
  agent().endpoint().respond(request.id, {.status = outcome.status, .headers = std::move(outcome.headers)}, now());
  if (outcome.changed) watchers_.presence_changed(line);
  arm_publications();
}

void CallManager::arm_publications() {
  const auto next = publications_.next_timer();
  if (!next) return publication_timer_.cancel();
  publication_timer_ = context().loop.after(std::max(*next - now(), Duration::zero()), [this] {
    for (const std::string& line : publications_.expire(now()))
      watchers_.presence_changed(line);
    arm_publications();
  });
}

}  // namespace ringwall::call_manager
