#include "call_manager/line_call.h"

#include "base/log.h"

namespace ringwall::call_manager {

void LineCall::start(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                     const LineTarget& target) {
  const std::shared_ptr<LineCall> self(new LineCall(manager, invite, caller, target));
  const sip::Body body = sip::sdp_body(std::string(call::sdp_of(*invite.message)));
  sip::Outgoing out;
  out.route = target.route;
  out.request_uri = target.request_uri;
  out.from = fmt::format("<sip:{}@{}>", sip::escape_user(call::user_or_uri(invite.message->from().uri)),
                         manager.site().domain);
  out.to = fmt::format("<sip:{}@{}>", sip::escape_user(target.number), manager.site().domain);
  out.headers = call::onward_headers(*invite.message, self->interaction_);
  out.body = body;
  self->to_ = manager.agent().endpoint().invite(std::move(out), manager.now());
  self->pair_.begin(self->from_, self->to_, !body.content.empty());
  manager.agent().own(self->from_, self);
  manager.agent().own(self->to_, self);
  log::info(manager.name(), "call {} for line {} goes to {}", self->interaction_, target.number, target.peer);
}

LineCall::LineCall(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                   LineTarget target)
    : manager_(manager),
      interaction_(call::interaction_of(*invite.message, caller)),
      caller_(caller.name),
      target_(std::move(target)),
      from_(invite.leg),
      pair_(manager.agent()),
      began_(wall_now()) {}

void LineCall::on(const sip::Progress& progress) {
  pair_.on(progress);
}

void LineCall::on(const sip::Answered& answered) {
  if (!connected_) connected_ = wall_now();
  pair_.on(answered);
}

void LineCall::on(const sip::Refused& refused) {
  if (over_) return;
  if (refused.reinvite) {
    pair_.on_reinvite_refused(refused);
    return;
  }
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
