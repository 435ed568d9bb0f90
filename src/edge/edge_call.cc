#include "edge/edge_call.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "call/identity.h"
#include "call/leg_pair.h"
#include "edge/call_quality.h"
#include "policy/recording.h"

namespace ringwall::edge {
namespace {

call::AudioLegOptions audio_options(const Edge& edge, const policy::SecurityProfile& profile,
                                    const std::string& waiver) {
  call::AudioLegOptions out;
  out.ip = edge.self().address;
  out.port_low = edge.site().media_port_low;
  out.port_high = edge.site().media_port_high;
  out.waiver = waiver;
  out.codecs = profile.codecs;
  if (waiver.empty()) call::use_profile(out, profile);
  return out;
}

}  // namespace

void EdgeCall::start(Edge& edge, const sip::IncomingInvite& invite, const policy::Admitted& peer,
                     const policy::DialPeer& dial_peer) {
  const std::shared_ptr<EdgeCall> self(new EdgeCall(edge, invite, peer, dial_peer));
  if (const auto refusal = self->open_caller_audio(peer)) return edge.agent().refuse(invite, *refusal);
  edge.agent().own(invite.leg, self);
  if (self->invite_next()) {
    edge.record(self->interaction_, "arrived",
                {{"number", self->number_},
                 {"from", self->from_.peer},
                 {"to", self->to_.peer},
                 {"dial_peer", self->dial_peer_}});
    return;
  }
  edge.agent().disown(invite.leg);
  edge.agent().refuse(invite, self->refusal_);
}

EdgeCall::EdgeCall(Edge& edge, const sip::IncomingInvite& invite, const policy::Admitted& peer,
                   const policy::DialPeer& dial_peer)
    : edge_(edge),
      interaction_(call::interaction_of(*invite.message, peer)),
      number_(call::user_or_uri(invite.message->request_uri())),
      dial_peer_(dial_peer.name),
      called_(number_),
      caller_offer_(call::sdp_of(*invite.message)),
      invite_(invite.message),
      tries_(edge.ways_out().tries(dial_peer.target)),
      began_(wall_now()) {
  from_.leg = invite.leg;
  from_.peer = peer.name;
  to_.peer = dial_peer.target;
  refusal_.reason = fmt::format("dial peer {} leads to {}: {}", dial_peer.name, dial_peer.target,
                                edge.ways_out().trouble(dial_peer.target));
  refusal_.mend = "see 'ringwall show trunks'";
}

std::optional<policy::Refusal> EdgeCall::open_caller_audio(const policy::Admitted& peer) {
  const auto refusal = [](int status, const Error& why) {
    return policy::Refusal{.status = status, .warning = why.what, .mend = why.mend};
  };
  auto from = call::AudioLeg::open(edge_.context().media, audio_options(edge_, peer.profile, peer.waiver));
  if (!from) return refusal(503, from.error());
  from_.audio = std::move(*from);
  watch(from_);
  if (!caller_offer_.empty())
    if (const auto fine = from_.audio->acceptable(caller_offer_); !fine) return refusal(488, fine.error());
  return std::nullopt;
}

Result<> EdgeCall::open_target_audio(const Target& target) {
  auto options = audio_options(edge_, target.profile, target.waiver);
  options.beside = from_.audio->leg();
  TRY(to_.audio, call::AudioLeg::open(edge_.context().media, std::move(options)));
  watch(to_);
  edge_.context().media.relay(from_.audio->leg(), to_.audio->leg());
  return {};
}

bool EdgeCall::invite_next() {
  while (const call::Path* path = tries_.next()) {
    const auto target = edge_.target_of(*path);
    if (!target) {
      refusal_ = target.error();
      continue;
    }
    // Each target gets an offer with keys of its own: one that was tried before has seen the others.
    if (const auto opened = open_target_audio(*target); !opened) {
      refusal_ = {.status = 503, .warning = opened.error().what, .mend = opened.error().mend};
      return false;
    }
    invite_target(*target);
    return true;
  }
  return false;
}

void EdgeCall::invite_target(const Target& target) {
  sip::Outgoing out;
  out.route = target.route;
  out.request_uri = fmt::format("sip:{}@{}", sip::escape_user(called_), target.host);
  out.to = fmt::format("<sip:{}@{}>", sip::escape_user(called_), target.host);
  out.headers = call::onward_headers(*invite_, interaction_);
  name_caller(out, target.name);
  out.body = sip::sdp_body(to_.audio->offer());
  to_.peer = target.name;
  to_.offered = true;
  to_.leg = edge_.agent().endpoint().invite(std::move(out), edge_.now());
  edge_.agent().own(to_.leg, shared_from_this());
  if (tries_.more()) edge_.agent().expect_answer(to_.leg, call::patience);
  log::info(edge_.name(), "call {} for {} from {} goes to {} at {} by dial peer {}", interaction_, called_, from_.peer,
            to_.peer, target.route.address.text(), dial_peer_);
}

/// The caller's own name and number, at our host: addresses of one side are not shown to the other.
void EdgeCall::name_caller(sip::Outgoing& out, const std::string& peer) const {
  const call::IdentityTrust trust{call::in_trust_domain(edge_.site(), from_.peer),
                                  call::in_trust_domain(edge_.site(), peer)};
  call::CallerIdentity caller = call::caller_identity(*invite_, trust, edge_.self().host);
  if (redirections_ > 0) {
    const std::string& host = edge_.self().host;
    call::add_diversion(caller.headers, number_, host, "deflection");
    call::add_history(caller, number_, called_, host);
    call::end_history(caller, number_, 302);
  }
  out.from = std::move(caller.from);
  std::ranges::move(caller.headers, std::back_inserter(out.headers));
}

void EdgeCall::on(const sip::Progress& progress) {
  if (progress.leg != to_.leg) return;
  tries_.progressed();
  call::pass_session_id(edge_.agent().endpoint(), *progress.message, from_.leg);
  const std::string_view early = call::sdp_of(*progress.message);
  int status = 180;
  sip::Body body;
  // Early media: the caller hears what the target plays before it answers.
  if (!early.empty() && to_.offered && to_.audio->early_answered(early)) {
    if (progress.message->has(sip::HeaderName::rseq)) {
      to_.early = early;
      to_.early_tag = progress.message->to().tag;
    }
    if (auto answer = caller_answer(); answer && !answer->empty()) {
      status = progress.message->status();
      body = sip::sdp_body(std::move(*answer));
    }
  }
  edge_.agent().endpoint().provisional(from_.leg, status, std::move(body), edge_.now(),
                                       call::reasons_of(progress.message));
}

Result<std::string> EdgeCall::caller_answer() {
  if (caller_answer_.empty() && !caller_offer_.empty()) {
    TRY(caller_answer_, from_.audio->answer(caller_offer_));
  }
  return caller_answer_;
}

void EdgeCall::on(const sip::Answered& answered) {
  Side& answering = side(answered.leg);
  if (answered.leg == to_.leg) {
    tries_.answered(answered.message->status(), edge_.now());
    call::pass_session_id(edge_.agent().endpoint(), *answered.message, from_.leg);
  }
  edge_.agent().endpoint().ack(answered.leg, {}, edge_.now());
  // A refresh of the endpoint's own that was answered with something new: what holds now is asked for.
  if (!answering.offered) return renew_keys(answering);
  answering.offered = false;
  std::string_view answer = call::sdp_of(*answered.message);
  if (answer.empty() && answering.early_tag == answered.message->to().tag) answer = answering.early;
  if (const auto applied = answering.audio->answered(answer); !applied) {
    fail(502, applied.error());
    return;
  }
  if (!connected_) accept_caller();
}

void EdgeCall::accept_caller() {
  connected_ = wall_now();
  start_recording();
  if (caller_offer_.empty()) {
    from_.offered = true;
    edge_.agent().endpoint().accept(from_.leg, sip::sdp_body(from_.audio->offer()), edge_.now());
    return;
  }
  auto answer = caller_answer();
  if (!answer) {
    fail(488, answer.error());
    return;
  }
  edge_.agent().endpoint().accept(from_.leg, sip::sdp_body(std::move(*answer)), edge_.now());
}

void EdgeCall::start_recording() {
  const std::string caller = call::user_or_uri(invite_->from().uri);
  const policy::RecordedCall who{.from = from_.peer, .to = to_.peer, .number = number_, .caller = caller};
  if (!policy::is_recorded(edge_.site(), who)) return;
  recording_ = CallRecording::start(
      edge_, interaction_, from_.audio->leg(),
      {{"number", number_}, {"caller", caller}, {"from", from_.peer}, {"to", to_.peer}, {"element", edge_.name()}});
}

void EdgeCall::on(const sip::Acked& acked) {
  Side& acking = side(acked.leg);
  if (!acking.offered) return;
  acking.offered = false;
  if (const auto applied = acking.audio->answered(call::sdp_of(*acked.message)); !applied) fail(488, applied.error());
}

void EdgeCall::on(const sip::Refused& refused) {
  if (refused.reinvite) return renewal_refused(refused);
  if (over_) return;
  if (refused.leg == to_.leg && tries_.failed(refused, edge_.now())) {
    log::warning(edge_.name(), "call {}: {} cannot take it: {} {}", interaction_, to_.peer, refused.status,
                 refused.reason);
    if (invite_next()) return;
  }
  if (follow(refused)) return;
  over_ = true;
  log::info(edge_.name(), "call {} refused by {}: {} {}", interaction_, to_.peer, refused.status, refused.reason);
  refuse_caller(refused);
  finish("refused");
}

void EdgeCall::on(const sip::Ended& ended) {
  if (over_) return;
  over_ = true;
  edge_.agent().endpoint().hang_up(other(ended.leg).leg, edge_.now(), call::reasons_of(ended.message));
  const std::string_view who = ended.leg == from_.leg ? "the caller" : "the other side";
  finish(fmt::format("{}: {}", who, ended.reason));
}

void EdgeCall::hang_up(std::string_view reason) {
  if (over_) return;
  over_ = true;
  edge_.agent().endpoint().hang_up(from_.leg, edge_.now());
  edge_.agent().endpoint().hang_up(to_.leg, edge_.now());
  finish(reason);
}

void EdgeCall::fail(int status, const Error& why) {
  log::warning(edge_.name(), "call {} ended: {}", interaction_, why.text());
  if (!connected_) edge_.agent().endpoint().reject(from_.leg, {.status = status}, edge_.now());
  hang_up(why.what);
}

void EdgeCall::finish(std::string_view reason) {
  recording_.reset();
  if (from_.audio) record_quality(edge_.context(), interaction_, "caller", from_.audio->leg());
  if (to_.audio) record_quality(edge_.context(), interaction_, "contact-centre", to_.audio->leg());
  edge_.record(interaction_, "left", {{"reason", std::string(reason)}});
  log::info(edge_.name(), "call {} over: {}", interaction_, reason);
  edge_.agent().disown(from_.leg);
  edge_.agent().disown(to_.leg);
}

call::LegView EdgeCall::view(const Side& side, bool outgoing) const {
  call::LegView out = edge_.agent().view(side.leg);
  out.interaction = interaction_;
  out.outgoing = outgoing;
  out.peer = side.peer;
  out.number = number_;
  out.dial_peer = dial_peer_;
  out.began = began_;
  out.connected = connected_;
  out.media = side.audio->leg();
  out.suite = side.audio->suite();
  out.codec = side.audio->codec();
  out.waiver = side.audio->waiver();
  out.secure = side.audio->secure();
  return out;
}

void EdgeCall::describe(std::vector<call::LegView>& out) const {
  out.push_back(view(from_, false));
  if (recording_) out.back().recording = recording_->state();
  out.push_back(view(to_, true));
}

}  // namespace ringwall::edge
