#include "call_manager/transfer.h"

#include "base/log.h"
#include "call/identity.h"
#include "sip/event/sipfrag.h"

namespace ringwall::call_manager {
namespace {

policy::Refusal cannot(int status, std::string warning) {
  return {.status = status, .warning = std::move(warning)};
}

// The leg that a Replaces in the Refer-To names, if it is the transferor's own other call.
struct OtherCall {
  std::shared_ptr<LineCall> call;
  sip::LegId leg;
};
OtherCall find_other(call::UserAgent& agent, const std::string& replaces) {
  const auto named = sip::parse_replaces(replaces);
  if (!named) return {};
  const sip::LegId leg = agent.endpoint().find_dialog(named->call_id, named->to_tag, named->from_tag);
  return {std::dynamic_pointer_cast<LineCall>(agent.owner(leg)), leg};
}

}  // namespace

void Transfer::start(CallManager& manager, const std::shared_ptr<LineCall>& call, sip::LegId transferor,
                     const sip::IncomingRequest& request) {
  call::UserAgent& agent = manager.agent();
  const auto refer_to = sip::parse_refer_to(request.message->header(sip::HeaderName::refer_to));
  if (!refer_to || !refer_to->target.uri.is_sip() || refer_to->method != sip::Method::invite)
    return agent.refuse(request, cannot(603, "only a SIP URI, and only by INVITE, is referred to"));
  if (!call->can_transfer()) return agent.refuse(request, cannot(603, "the call is not up, or is being transferred"));
  const std::shared_ptr<Transfer> self(new Transfer(manager, call, transferor));
  if (refer_to->replaces.empty()) {
    self->number_ = call::user_or_uri(refer_to->target.uri);
    auto device = manager.find_device(refer_to->target.uri);
    auto target = device ? std::move(*device) : manager.find_target(self->number_, {});
    self->subscription_ = agent.endpoint().accept_refer(request.id, manager.now());
    call->begin_transfer(self);
    if (!target) return self->fail(target.error().status, {});
    return self->blind(request, std::move(*target));
  }
  const OtherCall other = find_other(agent, refer_to->replaces);
  if (other.call && other.call->peer_of(other.leg) != call->peer_of(transferor))
    return agent.refuse(request, cannot(403, "that call is not yours to transfer"));
  self->subscription_ = agent.endpoint().accept_refer(request.id, manager.now());
  call->begin_transfer(self);
  if (!other.call || other.call == call || !other.call->can_transfer()) return self->fail(481, "no such call");
  self->attended(other.call, other.leg);
}

Transfer::Transfer(CallManager& manager, std::shared_ptr<LineCall> call, sip::LegId transferor)
    : manager_(manager), call_(std::move(call)), transferor_(transferor), remaining_(call_->other(transferor)) {}

void Transfer::blind(const sip::IncomingRequest& request, LineTarget target) {
  const auto remaining = manager_.agent().host().endpoint().view(remaining_);
  const auto party =
      remaining ? sip::parse_uri(remaining->remote_uri) : Result<sip::Uri>(ringwall::fail("the party is gone"));
  if (!party) return fail(480, "");
  std::vector<call::ForkTarget> ways = ways_to(target);
  if (ways.empty()) return fail(503, "");
  sip::Outgoing out;
  out.from = fmt::format("<sip:{}@{}>", sip::escape_user(call::user_or_uri(*party)), manager_.site().domain);
  out.to = fmt::format("<sip:{}@{}>", sip::escape_user(target.number), manager_.site().domain);
  out.headers = call::onward_headers(*request.message, call_->interaction());
  call::CallerIdentity history;
  const policy::Phone* transferor = manager_.site().phone(call_->peer_of(transferor_));
  call::add_history(history, transferor != nullptr ? transferor->line : call_->number(), target.number,
                    manager_.site().domain);
  std::ranges::move(history.headers, std::back_inserter(out.headers));
  // Without reliable responses: an early answer would have to come from a side that still talks to the transferor.
  out.headers.emplace_back("Supported", manager_.supported_tags());
  if (const auto by = request.message->header(sip::HeaderName::referred_by); !by.empty())
    out.headers.emplace_back("Referred-By", by);
  peer_ = ways.front().peer;
  fork_.emplace(manager_.agent(), weak_from_this(), std::move(out), std::move(ways));
  fork_->ring_next();
  manager_.watchers().list(peer_, *this);
  log::info(manager_.name(), "call {} is transferred to {} at {}", call_->interaction(), number_, peer_);
}

// The devices of a line ring together; of the ways to anything else one follows the other.
std::vector<call::ForkTarget> Transfer::ways_to(LineTarget& target) {
  if (!target.devices.empty()) return std::move(target.devices);
  if (!target.request_uri.empty()) return {{target.peer, target.request_uri, target.route, target.path, 1000}};
  std::vector<call::ForkTarget> out;
  for (int q = 1000; const call::Path* path = target.tries.next(); --q)
    out.push_back({path->target,
                   fmt::format("sip:{}@{}", sip::escape_user(target.number), path->host),
                   call::route_of(*path),
                   {},
                   std::max(q, 0)});
  return out;
}

void Transfer::attended(std::shared_ptr<LineCall> other, sip::LegId transferors_other) {
  other_ = std::move(other);
  transferors_other_ = transferors_other;
  target_ = other_->other(transferors_other);
  peer_ = other_->peer_of(target_);
  number_ = other_->number();
  other_->begin_transfer(shared_from_this());
  manager_.agent().endpoint().reinvite(target_, {}, manager_.now());
  log::info(manager_.name(), "call {} is joined with call {}", call_->interaction(), other_->interaction());
}

void Transfer::on(const sip::Progress& progress) {
  manager_.watchers().calls_changed(peer_);
  if (progress.message->status() > 100) report(progress.message->status(), progress.message->reason_phrase(), false);
}

void Transfer::on(const sip::Answered& answered) {
  if (over_) return;
  sip::Body description = sip::sdp_body(std::string(call::sdp_of(*answered.message)));
  if (fork_ && fork_->holds(answered.leg)) {
    target_ = answered.leg;
    manager_.watchers().unlist(peer_, *this);
    peer_ = fork_->target_of(target_)->peer;
    manager_.watchers().list(peer_, *this);
    fork_->choose(target_);
    fork_.reset();
  }
  if (answered.leg == target_) {
    if (description.content.empty()) return fail(488, "the target offered no audio");
    offered_ = true;
    manager_.agent().endpoint().reinvite(remaining_, std::move(description), manager_.now());
    return;
  }
  manager_.agent().endpoint().ack(remaining_, {}, manager_.now());
  manager_.agent().endpoint().ack(target_, std::move(description), manager_.now());
  finish();
}

void Transfer::on(const sip::Refused& refused) {
  if (over_) return;
  if (fork_) {
    if (fork_->holds(refused.leg) && !fork_->refused(refused)) fail(fork_->best().status, {});
    return;
  }
  // The target's offer has no answer then; its next re-INVITE, or its end, settles that (RFC 3725 section 5).
  if (refused.leg == remaining_ && other_) manager_.agent().endpoint().ack(target_, {}, manager_.now());
  fail(refused.status, refused.reason);
}

void Transfer::on(const sip::Reinvited& reinvited) {
  manager_.agent().endpoint().reject(reinvited.leg, {.status = 491}, manager_.now());
}

void Transfer::on(const sip::Ended& ended) {
  if (over_ || ended.leg != target_) return;
  target_ = {};
  fail(480, "");
}

void Transfer::on(const sip::IncomingRequest& request) {
  manager_.agent().endpoint().respond(request.id, {.status = 200}, manager_.now());
}

bool Transfer::lets_go(sip::LegId leg) {
  if (leg == transferor_) left_ = true;
  if (leg == transferors_other_) left_other_ = true;
  return leg == transferor_ || leg == transferors_other_;
}

void Transfer::lost(const LineCall& gone) {
  if (over_) return;
  if (other_.get() == &gone) target_ = {};
  fail(480, "", &gone);
}

void Transfer::report(int status, std::string_view reason, bool last) {
  sip::SubscriptionState state;
  if (last) state = {sip::SubscriptionState::Value::terminated, "noresource"};
  manager_.agent().endpoint().notify(subscription_, state,
                                     {std::string(sip::event::sipfrag_type), sip::event::print_sipfrag(status, reason)},
                                     manager_.now());
}

// The calls go on as they were; one that the transferor has left meanwhile has nobody to go on with.
void Transfer::fail(int status, std::string_view reason, const LineCall* gone) {
  if (over_) return;
  over_ = true;
  const auto keep = shared_from_this();
  log::info(manager_.name(), "the transfer of call {} failed: {}", call_->interaction(), status);
  report(status, reason, true);
  if (fork_) fork_->cancel({});
  if (!other_) leave_watchers();
  if (!other_ && target_) {
    manager_.agent().endpoint().hang_up(target_, manager_.now());
    manager_.agent().disown(target_);
  }
  call_->end_transfer();
  if (left_ && call_.get() != gone) call_->hang_up("the transfer failed, and the transferor has left");
  if (!other_) return;
  other_->end_transfer();
  if (left_other_ && other_.get() != gone) other_->hang_up("the transfer failed, and the transferor has left");
}

void Transfer::leave_watchers() {
  manager_.watchers().unlist(peer_, *this);
  manager_.watchers().calls_changed(peer_);
}

void Transfer::finish() {
  over_ = true;
  if (!other_) manager_.watchers().unlist(peer_, *this);  // the call lists it
  const auto keep = shared_from_this();
  report(200, "OK", true);
  call_->end_transfer();
  if (other_) {
    other_->end_transfer();
    other_->release(target_);
  }
  call_->replace(transferor_, target_, peer_, number_);
}

void Transfer::hang_up(std::string_view reason) {
  call_->hang_up(reason);
}

void Transfer::describe(std::vector<call::LegView>& out) const {
  if (other_ || over_) return;  // the call of an attended one shows it
  if (target_) out.push_back(call_->view(target_, peer_, number_, true));
  if (!fork_) return;
  for (const sip::LegId leg : fork_->legs())
    out.push_back(call_->view(leg, fork_->target_of(leg)->peer, number_, true));
}

}  // namespace ringwall::call_manager
