#include "call_manager/line_call.h"

#include "base/log.h"
#include "call/held_answer.h"
#include "call/identity.h"
#include "call_manager/transfer.h"
#include "sip/message/list_headers.h"

namespace ringwall::call_manager {

void LineCall::start(CallManager& manager, const sip::IncomingInvite& invite, const policy::Admitted& caller,
                     LineTarget target) {
  const bool is_phone = !target.request_uri.empty();
  const std::shared_ptr<LineCall> self(new LineCall(manager, invite, caller, std::move(target)));
  manager.agent().own(self->from_, self);
  if (!self->target_.devices.empty()) return self->ring_devices();
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

sip::Outgoing LineCall::onward() const {
  const policy::Site& site = manager_.site();
  const policy::Phone* phone = site.phone(caller_);
  call::IdentityTrust trust{.from = phone != nullptr || call::in_trust_domain(site, caller_),
                            .to = call::in_trust_domain(site, target_.peer)};
  // A carrier needs the asserted identity to place the call; a phone outside the trust domain does not.
  if (!trust.to && site.phone(target_.peer) != nullptr) trust.from = false;
  call::CallerIdentity caller = phone != nullptr ? call::phone_identity(*invite_, phone->line, trust, site.domain)
                                                 : call::caller_identity(*invite_, trust, site.domain);
  sip::Outgoing out;
  out.from = std::move(caller.from);
  out.to = fmt::format("<sip:{}@{}>", sip::escape_user(target_.number), manager_.site().domain);
  out.headers = call::onward_headers(*invite_, interaction_);
  std::ranges::move(caller.headers, std::back_inserter(out.headers));
  out.body = sip::sdp_body(std::string(call::sdp_of(*invite_)));
  return out;
}

void LineCall::invite() {
  sip::Outgoing out = onward();
  out.route = target_.route;
  out.request_uri = target_.request_uri;
  if (!target_.path.empty()) out.headers.emplace_back("Route", target_.path);
  // An offer in a reliable response needs a caller that can answer it in a PRACK.
  const bool with_offer = !out.body.content.empty();
  if (!with_offer && !sip::has_token(*invite_, sip::HeaderName::supported, "100rel"))
    out.headers.emplace_back("Supported", manager_.supported_tags());
  to_ = manager_.agent().endpoint().invite(std::move(out), manager_.now());
  pair_.begin(from_, to_, with_offer);
  manager_.agent().own(to_, shared_from_this());
  if (target_.tries.more()) manager_.agent().expect_answer(to_, call::patience);
  log::info(manager_.name(), "call {} for line {} goes to {} at {}", interaction_, target_.number, target_.peer,
            target_.route.address.text());
  tell_watchers();
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
  // What one of several devices plays is not heard before it is chosen.
  if (fork_)
    manager_.agent().endpoint().provisional(from_, progress.message->status(), {}, manager_.now());
  else
    pair_.on(progress);
  tell_watchers();
}

void LineCall::on(const sip::Answered& answered) {
  if (transfer_ && transfer_->joins(answered.leg)) {
    const auto transfer = transfer_;
    return transfer->on(answered);
  }
  if (fork_) answered_by(answered.leg);
  if (!connected_) connected_ = wall_now();
  if (answered.leg == to_) target_.tries.answered(answered.message->status(), manager_.now());
  pair_.on(answered);
  if (takeover_ && answered.leg == other(takeover_->replaced)) {
    const Takeover done = std::move(*takeover_);
    takeover_.reset();
    replace(done.replaced, done.incoming, done.peer, target_.number);
  }
  tell_watchers();
}

void LineCall::on(const sip::Refused& refused) {
  if (over_) return;
  if (refused.reinvite && transfer_ && transfer_->joins(refused.leg)) {
    const auto transfer = transfer_;
    return transfer->on(refused);
  }
  if (refused.reinvite) {
    pair_.on_reinvite_refused(refused);
    if (takeover_) abandon_takeover();
    return;
  }
  if (fork_) {
    if (refused_by(refused)) return;
    over_ = true;
    manager_.agent().endpoint().reject(from_, fork_->best(), manager_.now());
    return finish(fmt::format("no device of {} took it: {}", target_.number, fork_->best().status));
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
  std::ranges::move(call::reasons_of(refused.message), std::back_inserter(answer.headers));
  manager_.agent().endpoint().reject(from_, std::move(answer), manager_.now());
  finish(fmt::format("{} answered {} {}", target_.peer, refused.status, refused.reason));
}

void LineCall::on(const sip::Reinvited& reinvited) {
  if (takeover_ || (transfer_ && transfer_->occupies(reinvited.leg)))
    return manager_.agent().endpoint().reject(reinvited.leg, {.status = 491}, manager_.now());
  pair_.on(reinvited);
}
void LineCall::on(const sip::Acked& acked) {
  pair_.on(acked);
}
void LineCall::on(const sip::Pracked& pracked) {
  pair_.on(pracked);
}
void LineCall::on(const sip::IncomingRequest& request) {
  if (request.message->method() == sip::Method::refer)
    return Transfer::start(manager_, shared_from_this(), request.leg, request);
  pair_.on(request);
}

void LineCall::on(const sip::Ended& ended) {
  if (over_ || (transfer_ && transfer_->lets_go(ended.leg))) return;
  if (takeover_ && ended.leg == takeover_->incoming) return abandon_takeover();
  if (takeover_ && ended.leg == takeover_->replaced) {
    takeover_->alone = true;
    return;
  }
  over_ = true;
  if (fork_) fork_->cancel(call::reasons_of(ended.message));
  manager_.agent().endpoint().hang_up(pair_.other(ended.leg), manager_.now(), call::reasons_of(ended.message));
  const std::string_view who = ended.leg == from_ ? "the calling side" : "the phone";
  finish(fmt::format("{}: {}", who, ended.reason));
}

void LineCall::hang_up(std::string_view reason) {
  if (over_) return;
  over_ = true;
  if (fork_) fork_->cancel({});
  manager_.agent().endpoint().hang_up(from_, manager_.now());
  manager_.agent().endpoint().hang_up(to_, manager_.now());
  finish(reason);
}

void LineCall::finish(std::string_view reason) {
  log::info(manager_.name(), "call {} over: {}", interaction_, reason);
  const auto keep = shared_from_this();
  manager_.agent().disown(from_);
  manager_.agent().disown(to_);
  if (takeover_) {
    manager_.agent().endpoint().hang_up(takeover_->incoming, manager_.now());
    manager_.agent().endpoint().hang_up(other(takeover_->replaced), manager_.now());
    manager_.agent().disown(takeover_->incoming);
  }
  if (const auto transfer = std::exchange(transfer_, nullptr)) transfer->lost(*this);
  tell_watchers();
}

void LineCall::tell_watchers() {
  std::set<std::string> peers;
  if (!over_) peers = {caller_, target_.peer};
  for (const std::string& peer : peers)
    manager_.watchers().list(peer, *this);
  for (const std::string& peer : listed_)
    if (!peers.contains(peer)) manager_.watchers().unlist(peer, *this);
  listed_.swap(peers);
  peers.insert(listed_.begin(), listed_.end());
  for (const std::string& peer : peers)
    manager_.watchers().calls_changed(peer);
}

void LineCall::take_over(const sip::IncomingInvite& invite, const policy::Admitted& caller) {
  if (fork_ && fork_->holds(invite.replaces)) answered_by(invite.replaces);
  const sip::LegId kept = other(invite.replaces);
  const bool ringing = !connected_;
  if (ringing) {
    const auto held = call::held_answer(call::sdp_of(*invite_), manager_.self().address);
    if (!held)
      return manager_.agent().refuse(
          invite,
          {.status = 488, .warning = "the caller's offer cannot be put on hold", .reason = held.error().text()});
    manager_.agent().endpoint().accept(kept, sip::sdp_body(*held), manager_.now());
    manager_.agent().endpoint().hang_up(invite.replaces, manager_.now());
    manager_.agent().disown(invite.replaces);
    connected_ = wall_now();
  }
  log::info(manager_.name(), "call {} is taken over by {}", interaction_, caller.name);
  takeover_ = Takeover{invite.leg, invite.replaces, caller.name, ringing};
  manager_.agent().own(invite.leg, shared_from_this());
  sip::Body body = sip::sdp_body(std::string(call::sdp_of(*invite.message)));
  pair_.begin(invite.leg, kept, !body.content.empty());
  manager_.agent().endpoint().reinvite(kept, std::move(body), manager_.now());
}

// The call goes on as it was, if both of its sides are still there.
void LineCall::abandon_takeover() {
  const bool alone = takeover_->alone;
  const sip::LegId incoming = takeover_->incoming;
  takeover_.reset();
  manager_.agent().disown(incoming);
  pair_.join(from_, to_);
  if (alone) hang_up("the one who took the call over did not get it");
}

void LineCall::replace(sip::LegId gone, sip::LegId now, const std::string& peer, const std::string& number) {
  const auto keep = shared_from_this();
  manager_.agent().own(now, keep);
  manager_.agent().endpoint().hang_up(gone, manager_.now());
  manager_.agent().disown(gone);
  if (gone == from_) {
    from_ = now;
    caller_ = peer;
  } else {
    to_ = now;
    target_.peer = peer;
    target_.number = number;
  }
  if (!pair_.exchanging()) pair_.join(from_, to_);
  tell_watchers();
}

void LineCall::release(sip::LegId leg) {
  over_ = true;
  manager_.agent().endpoint().hang_up(other(leg), manager_.now());
  finish("it was joined with another call");
}

call::LegView LineCall::view(sip::LegId leg, const std::string& peer, const std::string& number, bool outgoing) const {
  call::LegView out = manager_.agent().view(leg);
  out.interaction = interaction_;
  out.outgoing = outgoing;
  out.peer = peer;
  out.number = number;
  out.began = began_;
  out.connected = connected_;
  out.secure = true;
  return out;
}

// After a transfer either side may have been called; while it lasts one may have left.
void LineCall::describe(std::vector<call::LegView>& out) const {
  for (const sip::LegId leg : {from_, to_})
    if (const auto dialog = manager_.agent().host().endpoint().view(leg))
      out.push_back(view(leg, peer_of(leg), target_.number, dialog->outgoing));
}

}  // namespace ringwall::call_manager
