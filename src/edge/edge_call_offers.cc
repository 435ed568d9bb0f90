// Offers and answers within a call: from either side, and ours for fresh keys.
#include "base/log.h"
#include "edge/edge_call.h"

namespace ringwall::edge {

void EdgeCall::on(const sip::Reinvited& reinvited) {
  Side& side = this->side(reinvited.leg);
  auto& endpoint = edge_.agent().endpoint();
  const std::string_view offer = call::sdp_of(*reinvited.message);
  if (offer.empty()) {
    side.offered = true;
    endpoint.accept(reinvited.leg, sip::sdp_body(side.audio->offer()), edge_.now());
    return;
  }
  auto answer = side.audio->answer(offer);
  if (answer) {
    endpoint.accept(reinvited.leg, sip::sdp_body(std::move(*answer)), edge_.now());
    return;
  }
  edge_.agent().reject_offer(reinvited.leg, answer.error());
}

void EdgeCall::answer_offer(Side& side, sip::ServerRequestId request, const sip::Message& message) {
  auto answer = side.audio->answer(call::sdp_of(message));
  if (!answer) return edge_.agent().reject_offer(request, answer.error());
  edge_.agent().endpoint().respond(request, {.body = sip::sdp_body(std::move(*answer))}, edge_.now());
}

void EdgeCall::on(const sip::Pracked& pracked) {
  if (pracked.id) answer_offer(side(pracked.leg), pracked.id, *pracked.message);
}

void EdgeCall::on(const sip::IncomingRequest& request) {
  if (request.message->method() == sip::Method::update)
    return answer_offer(side(request.leg), request.id, *request.message);
  edge_.agent().endpoint().respond(request.id, {.status = 200}, edge_.now());
}

void EdgeCall::watch(Side& side) {
  side.audio->when_keys_run_out([this, &side] { renew_keys(side); });
  side.audio->when_failed([this](const Error& why) { no_audio(why); });
}

void EdgeCall::no_audio(const Error& why) {
  if (over_) return;
  over_ = true;
  const auto keep = shared_from_this();
  log::warning(edge_.name(), "call {} ended: {}", interaction_, why.text());
  if (!connected_)
    edge_.agent().endpoint().reject(from_.leg, {.status = 488, .headers = call::no_audio_reason(why)}, edge_.now());
  for (const Side* side : {&from_, &to_})
    edge_.agent().endpoint().hang_up(side->leg, edge_.now(), call::no_audio_reason(why));
  finish(why.what);
}

/// A re-INVITE with fresh keys, before the present ones have protected all that they may (RFC 3711 section 9.2).
void EdgeCall::renew_keys(Side& side) {
  if (!connected_ || over_ || side.offered) return;
  side.offered = true;
  edge_.agent().endpoint().reinvite(side.leg, sip::sdp_body(side.audio->offer()), edge_.now());
}

void EdgeCall::renewal_refused(const sip::Refused& refused) {
  Side& refusing = side(refused.leg);
  refusing.offered = false;
  refusing.audio->offer_refused();
  log::warning(edge_.name(), "call {}: {} takes no fresh keys: {} {}", interaction_, refusing.peer, refused.status,
               refused.reason);
}

}  // namespace ringwall::edge
