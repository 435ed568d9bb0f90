#include "call/leg_pair.h"

#include "call/element.h"

namespace ringwall::call {
namespace {

sip::Body sdp_body_of(const sip::MessagePtr& message) {
  return sip::sdp_body(std::string(sdp_of(*message)));
}

}  // namespace

void LegPair::begin(sip::LegId from, sip::LegId to, bool with_offer) {
  join(from, to);
  exchange_ = Exchange{from, to, with_offer};
}

void LegPair::join(sip::LegId a, sip::LegId b) {
  a_ = a;
  b_ = b;
}

void LegPair::on(const sip::Progress& progress) {
  if (!exchange_ || exchange_->to != progress.leg) return;
  agent_.endpoint().provisional(exchange_->from, progress.message->status(), sdp_body_of(progress.message),
                                agent_.now());
}

void LegPair::on(const sip::Answered& answered) {
  if (!exchange_ || exchange_->to != answered.leg) {
    agent_.endpoint().ack(answered.leg, {}, agent_.now());
    return;
  }
  exchange_->answered = true;
  agent_.endpoint().accept(exchange_->from, sdp_body_of(answered.message), agent_.now());
  if (!exchange_->with_offer) return;
  agent_.endpoint().ack(exchange_->to, {}, agent_.now());
  exchange_.reset();
}

void LegPair::on_reinvite_refused(const sip::Refused& refused) {
  if (!exchange_ || exchange_->to != refused.leg) return;
  agent_.endpoint().reject(exchange_->from, {.status = refused.status, .reason = refused.reason}, agent_.now());
  exchange_.reset();
}

void LegPair::on(const sip::Reinvited& reinvited) {
  if (exchange_) {  // both sides at once: RFC 3261 section 14.1
    agent_.endpoint().reject(reinvited.leg, {.status = 491}, agent_.now());
    return;
  }
  const sip::Body body = sdp_body_of(reinvited.message);
  exchange_ = Exchange{reinvited.leg, other(reinvited.leg), !body.content.empty()};
  agent_.endpoint().reinvite(exchange_->to, body, agent_.now());
}

void LegPair::on(const sip::Acked& acked) {
  if (!exchange_ || exchange_->from != acked.leg || !exchange_->answered) return;
  agent_.endpoint().ack(exchange_->to, sdp_body_of(acked.message), agent_.now());
  exchange_.reset();
}

void LegPair::on(const sip::IncomingRequest& request) {
  agent_.endpoint().respond(request.id, {.status = 200}, agent_.now());
  if (request.message->method() != sip::Method::info) return;
  agent_.endpoint().request_in_dialog(
      other(request.leg), sip::Method::info, {},
      {std::string(request.message->header(sip::HeaderName::content_type)), std::string(request.message->body())},
      agent_.now());
}

}  // namespace ringwall::call
