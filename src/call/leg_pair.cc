#include "call/leg_pair.h"

#include "call/element.h"
#include "call/identity.h"

namespace ringwall::call {
namespace {

sip::Body sdp_body_of(const sip::MessagePtr& message) {
  return sip::sdp_body(std::string(sdp_of(*message)));
}

// What one side answered to a request, for the other side's. A failure of our own is no word of the peer's: it must not
// say that the other dialog is gone.
sip::Answer answer_of(const sip::Completed& completed) {
  if (!completed.message) return {.status = completed.status == 491 ? 491 : 500};
  sip::Answer out{.status = completed.status, .reason = completed.reason};
  for (const sip::HeaderName name : {sip::HeaderName::warning, sip::HeaderName::retry_after})
    if (const auto value = completed.message->header(name); !value.empty())
      out.headers.emplace_back(sip::print(name), value);
  if (completed.status < 300) out.body = sdp_body_of(completed.message);
  return out;
}

}  // namespace

sip::Headers reasons_of(const sip::MessagePtr& message) {
  sip::Headers out;
  if (!message) return out;
  for (const auto& field : message->headers())
    if (field.name == sip::HeaderName::reason) out.emplace_back("Reason", field.value);
  return out;
}

void LegPair::begin(sip::LegId from, sip::LegId to, bool with_offer) {
  join(from, to);
  exchange_ = Exchange{from, to, with_offer};
}

void LegPair::join(sip::LegId a, sip::LegId b) {
  a_ = a;
  b_ = b;
}

/// The caller learns the UUID of who is called. What the caller itself is named towards the called side is the
/// interaction, and stays that.
void LegPair::tell_session_id(const sip::Message& heard) {
  if (exchange_->from == a_) pass_session_id(agent_.endpoint(), heard, exchange_->from);
}

void LegPair::on(const sip::Progress& progress) {
  if (!exchange_ || exchange_->to != progress.leg) return;
  std::string description(sdp_of(*progress.message));
  const std::string_view tag = progress.message->to().tag;
  if (!description.empty() && (exchange_->early.empty() || exchange_->early_tag == tag)) {
    exchange_->early = description;
    exchange_->early_tag = tag;
  } else {
    description.clear();  // of several forks the first one is heard
  }
  if (exchange_->request) return;
  tell_session_id(*progress.message);
  agent_.endpoint().provisional(exchange_->from, progress.message->status(), sip::sdp_body(std::move(description)),
                                agent_.now(), reasons_of(progress.message));
}

void LegPair::on(const sip::Answered& answered) {
  if (!exchange_ || exchange_->to != answered.leg) {
    agent_.endpoint().ack(answered.leg, {}, agent_.now());
    return;
  }
  exchange_->answered = true;
  tell_session_id(*answered.message);
  sip::Body body = sdp_body_of(answered.message);
  // The answer came early and is not given twice; a side that heard it as a mere preview gets it now.
  if (body.content.empty() && exchange_->early_tag == answered.message->to().tag)
    body = sip::sdp_body(exchange_->early);
  if (exchange_->request)
    agent_.endpoint().respond(exchange_->request, {.body = std::move(body)}, agent_.now());
  else
    agent_.endpoint().accept(exchange_->from, std::move(body), agent_.now());
  if (!exchange_->with_offer) return;
  agent_.endpoint().ack(exchange_->to, {}, agent_.now());
  exchange_.reset();
}

void LegPair::on_reinvite_refused(const sip::Refused& refused) {
  if (!exchange_ || exchange_->to != refused.leg) return;
  sip::Answer answer{.status = refused.status, .reason = refused.reason, .headers = reasons_of(refused.message)};
  if (exchange_->request)
    agent_.endpoint().respond(exchange_->request, std::move(answer), agent_.now());
  else
    agent_.endpoint().reject(exchange_->from, std::move(answer), agent_.now());
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

void LegPair::on(const sip::Pracked& pracked) {
  if (pracked.id) return pass_offer(pracked.id, pracked.leg, pracked.message);
  agent_.endpoint().prack(other(pracked.leg), sdp_body_of(pracked.message), agent_.now());
}

void LegPair::on(const sip::IncomingRequest& request) {
  switch (request.message->method()) {
    case sip::Method::update:
      return pass_offer(request.id, request.leg, request.message);
    case sip::Method::info:
    case sip::Method::message:
      return pass_request(request);
    default:
      agent_.endpoint().respond(request.id, {.status = 200}, agent_.now());
  }
}

void LegPair::pass_request(const sip::IncomingRequest& request) {
  sip::Body body{std::string(request.message->header(sip::HeaderName::content_type)),
                 std::string(request.message->body())};
  const auto passed = agent_.endpoint().request_in_dialog(other(request.leg), request.message->method(), {},
                                                          std::move(body), agent_.now());
  agent_.expect(passed, [&agent = agent_, id = request.id](const sip::Completed& completed) {
    agent.endpoint().respond(id, answer_of(completed), agent.now());
  });
}

void LegPair::pass_offer(sip::ServerRequestId request, sip::LegId from, const sip::MessagePtr& message) {
  sip::Body offer = sdp_body_of(message);
  const auto passed = agent_.endpoint().request_in_dialog(other(from), sip::Method::update, {}, offer, agent_.now());
  agent_.expect(passed, [&agent = agent_, weak = std::weak_ptr(self_), request, from,
                         offer = std::move(offer.content)](const sip::Completed& completed) {
    const auto pair = weak.lock();
    const bool no_update = completed.message && (completed.status == 405 || completed.status == 501);
    if (pair && no_update)
      (*pair)->offer_refused(request, from, offer, completed);
    else
      agent.endpoint().respond(request, answer_of(completed), agent.now());
  });
}

// The other side takes no UPDATE: a re-INVITE says the same, once its call is up.
void LegPair::offer_refused(sip::ServerRequestId request, sip::LegId from, const std::string& offer,
                            const sip::Completed& refusal) {
  if (exchange_) return agent_.endpoint().respond(request, {.status = 491}, agent_.now());
  const auto view = agent_.endpoint().view(other(from));
  if (!view || view->state != "confirmed") return agent_.endpoint().respond(request, answer_of(refusal), agent_.now());
  exchange_ = Exchange{from, other(from), true};
  exchange_->request = request;
  agent_.endpoint().reinvite(exchange_->to, sip::sdp_body(offer), agent_.now());
}

}  // namespace ringwall::call
