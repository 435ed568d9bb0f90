#include "call_manager/line_call.h"

#include "base/log.h"

namespace ringwall::call_manager {

void LineCall::start(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                     LineTarget target) {
  const bool is_phone = !target.request_uri.empty();
  const std::shared_ptr<LineCall> self(new LineCall(manager, invite, caller, std::move(target)));
  manager.agent().own(self->from_, self);
  if (is_phone) return self->invite();
  if (self->invite_next()) return;
  manager.agent().disown(self->from_);
  manager.agent().refuse(invite, {.status = 503,
                                  .warning = self->target_.peer + " cannot be reached at present",
                                  .reason = manager.ways_out().trouble(self->target_.peer),
                                  .mend = "see 'ringwall show trunks'"});
}

bool LineCall::invite_next() {
  const call::Path* path = target_.tries.next();
  if (!path) return false;
  target_.peer = path->target;
  target_.route = call::route_of(*path);
  target_.request_uri = fmt::format("sip:{}@{}", sip::escape_user(target_.number), path->host);
  invite();
  return true;
}

void LineCall::invite() {
  const sip::Body body = sip::sdp_body(std::string(call::sdp_of(*invite_)));
  sip::Outgoing out;
  out.route = target_.route;
  out.request_uri = target_.request_uri;
  out.from =
      fmt::format("<sip:{}@{}>", sip::escape_user(call::user_or_uri(invite_->from().uri)), manager_.site().domain);
  out.to = fmt::format("<sip:{}@{}>", sip::escape_user(target_.number), manager_.site().domain);
  out.headers = call::onward_headers(*invite_, interaction_);
  out.body = body;
  to_ = manager_.agent().endpoint().invite(std::move(out), manager_.now());
  pair_.begin(from_, to_, !body.content.empty());
  manager_.agent().own(to_, shared_from_this());
  log::info(manager_.name(), "call {} for line {} goes to {} at {}", interaction_, target_.number, target_.peer,
            target_.route.address.text());
}

LineCall::LineCall(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                   LineTarget target)
    : manager_(manager),
      interaction_(call::interaction_of(*invite.message, caller)),
      caller_(caller.name),
      target_(std::move(target)),
      invite_(invite.message),
      from_(invite.leg),
      pair_(manager.agent()),
      began_(wall_now()) {}

void LineCall::on(const sip::Progress& progress) {
  target_.tries.progressed();
  pair_.on(progress);
}

void LineCall::on(const sip::Answered& answered) {
  if (!connected_) connected_ = wall_now();
  if (answered.leg == to_) target_.tries.answered(answered.message->status(), manager_.now());
  pair_.on(answered);
}

void LineCall::on(const sip::Refused& refused) {
  if (over_) return;
  if (refused.reinvite) {
    pair_.on_reinvite_refused(refused);
    return;
  }
  if (refused.leg == to_ && target_.tries.failed(refused, manager_.now()) && invite_next()) return;
  over_ = true;
  if (!refused.message && target_.route.flow) manager_.lost(target_.route.flow);
  sip::Answer answer{.status = refused.message ? refused.status : 480, .reason = refused.message ? refused.reason : ""};
  const std::string warning =
      refused.message ? std::string(refused.message->header(sip::HeaderName::warning))
                      : policy::Refusal{.warning = "the phone cannot be reached: " + refused.reason}.warning_header(
                            manager_.self().host);
  if (!warning.empty()) answer.headers.emplace_back("Warning", warning);
  manager_.agent().endpoint().reject(from_, std::move(answer), manager_.now());
  finish(fmt::format("{} answered {} {}", target_.peer, refused.status, refused.reason));
}

void LineCall::on(const sip::Reinvited& reinvited) {
  pair_.on(reinvited);
}
void LineCall::on(const sip::Acked& acked) {
  pair_.on(acked);
}
void LineCall::on(const sip::IncomingRequest& request) {
  pair_.on(request);
}

void LineCall::on(const sip::Ended& ended) {
  if (over_) return;
  over_ = true;
  manager_.agent().endpoint().hang_up(pair_.other(ended.leg), manager_.now());
  finish(ended.leg == from_ ? "the calling side hung up" : "the phone hung up");
}

void LineCall::hang_up(std::string_view reason) {
  if (over_) return;
  over_ = true;
  manager_.agent().endpoint().hang_up(from_, manager_.now());
  manager_.agent().endpoint().hang_up(to_, manager_.now());
  finish(reason);
}

void LineCall::finish(std::string_view reason) {
  log::info(manager_.name(), "call {} over: {}", interaction_, reason);
  const auto keep = shared_from_this();
  manager_.agent().disown(from_);
  manager_.agent().disown(to_);
}

call::LegView LineCall::view(sip::LegId leg, const std::string& peer, bool outgoing) const {
  call::LegView out = manager_.agent().view(leg);
  out.interaction = interaction_;
  out.outgoing = outgoing;
  out.peer = peer;
  out.number = target_.number;
  out.began = began_;
  out.connected = connected_;
  out.secure = true;
  return out;
}

void LineCall::describe(std::vector<call::LegView>& out) const {
  out.push_back(view(from_, caller_, false));
  out.push_back(view(to_, target_.peer, true));
}

}  // namespace ringwall::call_manager
