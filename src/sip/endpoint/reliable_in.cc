#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/message/dialog_headers.h"
#include "sip/message/list_headers.h"

// Our provisional responses to the peer's INVITE, and among them the reliable ones (RFC 3262 section 3).
namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;
using Meaning = OfferAnswerState::Meaning;

// Proxies forget a call that says nothing for three minutes (RFC 3261 section 13.3.1.1).
constexpr Duration provisional_interval = std::chrono::seconds(60);

}  // namespace

void Endpoint::Core::provisional(LegId id, int status, Body body, Time now, Headers headers) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent || status <= 100 || status >= 200) return;
  ServerTransaction* transaction = servers.find(used->server_invite);
  if (transaction == nullptr || (used->reliable && used->reliable->acceptance)) return;
  if (used->state != Leg::State::confirmed) {
    used->dialog.answered(status);
    used->state = Leg::State::early;
  }
  used->provisional_again = now + provisional_interval;
  used->provisional_status = status;
  if (is_reliable(*transaction->request, body)) {
    queue_reliable(*used, *transaction->request, status, std::move(body), std::move(headers), now);
  } else {
    if (used->session.sent(Carrier::unreliable_provisional, is_description(body)) == Meaning::repeated) body = {};
    respond(*transaction, status, {.status = status, .headers = std::move(headers), .body = std::move(body)}, now,
            &used->provisional_bytes);
  }
  schedule(*used);
}

bool Endpoint::Core::is_reliable(const Message& invite, const Body& body) const {
  if (options.reliability == Reliability::never) return false;
  if (has_token(invite, HeaderName::require, "100rel")) return true;
  const bool wanted = options.reliability == Reliability::always || is_description(body);
  return wanted && has_token(invite, HeaderName::supported, "100rel");
}

void Endpoint::Core::queue_reliable(Leg& leg, const Message& invite, int status, Body body, Headers headers, Time now) {
  if (!leg.reliable || leg.reliable->cseq != invite.cseq().number) {
    leg.reliable = std::make_unique<ReliableProvisionals>();
    leg.reliable->cseq = invite.cseq().number;
    leg.reliable->last_rseq =
        static_cast<std::uint32_t>(options.random() % 0x7fffffff);  // the next one is 1 to 2^31 - 1
  }
  if (leg.reliable->queue.size() >= limits::sip_reliable_provisionals) return;
  leg.reliable->queue.push_back({status, std::move(body), std::move(headers)});
  advance_reliable(leg, now);
}

// Sends what nothing stands in the way of any more: the 2xx that was held back, or the next reliable response.
void Endpoint::Core::advance_reliable(Leg& leg, Time now) {
  if (!leg.reliable) return;
  ReliableProvisionals& reliable = *leg.reliable;
  ServerTransaction* transaction = servers.find(leg.server_invite);
  if (transaction == nullptr || transaction->request->cseq().number != reliable.cseq) return;
  if (reliable.acceptance && !reliable.holds_back()) {
    auto success = std::move(*reliable.acceptance);
    reliable.acceptance.reset();
    return send_success(leg, *transaction, std::move(success.body), std::move(success.headers), now);
  }
  if (reliable.waiting || reliable.queue.empty()) return;
  auto next = std::move(reliable.queue.front());
  reliable.queue.pop_front();
  const Meaning meaning = leg.session.sent(Carrier::reliable_provisional, is_description(next.body));
  reliable.described = meaning == Meaning::offer || meaning == Meaning::answer;
  if (reliable.described) leg.description = next.body.content;
  if (meaning == Meaning::repeated || meaning == Meaning::conflict) next.body = {};
  reliable.unacknowledged = ++reliable.last_rseq;
  reliable.waiting.emplace(timing(transaction->route.transport), reliable.last_rseq, now);
  next.headers.emplace_back("Require", "100rel");
  next.headers.emplace_back("RSeq", std::to_string(reliable.last_rseq));
  respond(*transaction, next.status, {.status = next.status, .headers = next.headers, .body = next.body}, now,
          &reliable.bytes);
  schedule(leg);
}

void Endpoint::Core::receive_prack(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now) {
  const auto rack = parse_rack(message->header(HeaderName::rack));
  if (!rack) return respond(transaction, 400, {.status = 400, .reason = "RAck is missing or malformed"}, now);
  const bool known = leg.reliable && leg.reliable->unacknowledged != 0 && rack->cseq.method == Method::invite &&
                     rack->rseq == leg.reliable->unacknowledged && rack->cseq.number == leg.reliable->cseq;
  if (!known) return respond(transaction, 481, {.status = 481}, now);
  ReliableProvisionals& reliable = *leg.reliable;
  reliable.unacknowledged = 0;
  reliable.waiting.reset();
  reliable.bytes.clear();
  reliable.described = false;
  const Meaning meaning = leg.session.received(Carrier::prack, hear(leg, *message));
  if (meaning == Meaning::offer) {
    reliable.prack = transaction.id;
    events.push_back(Pracked{leg.id, ServerRequestId{transaction.id.value}, message});
    return;
  }
  if (meaning == Meaning::conflict) {
    refuse_overlap(transaction, now);
  } else {
    respond(transaction, 200, {}, now);
    if (meaning == Meaning::answer) events.push_back(Pracked{leg.id, ServerRequestId{}, message});
  }
  advance_reliable(leg, now);
}

// The peer's INVITE is refused, or was taken back. A PRACK that is still under way is answered all the same.
void Endpoint::Core::close_provisionals(Leg& leg, Time now) {
  if (leg.reliable && leg.reliable->unacknowledged != 0 && leg.state != Leg::State::confirmed &&
      leg.state != Leg::State::terminating)
    late_pracks.expect(leg.dialog, leg.reliable->cseq, leg.reliable->unacknowledged, now,
                       now + timing(leg.route.transport).patience());
  leg.server_invite = {};
  leg.provisional_again = never;
  leg.provisional_bytes.clear();
  leg.session.refused(Carrier::invite);
  if (!leg.reliable) return;
  leg.reliable->waiting.reset();
  leg.reliable->queue.clear();
  leg.reliable->acceptance.reset();
}

// The dialog is gone with its INVITE, the PRACK was under way.
void Endpoint::Core::answer_late_prack(const Flow& flow, const MessagePtr& message, Time now) {
  if (!late_pracks.take(*message, now)) return refuse(flow, *message, 481);
  respond(start_server(flow, message, now), 200, {}, now);
}

// 64*T1 without a PRACK (section 3): the INVITE is refused.
void Endpoint::Core::no_prack(Leg& leg, Time now) {
  leg.reliable->waiting.reset();
  const std::string reason = "no PRACK for a reliable response";
  if (leg.state == Leg::State::confirmed) return end_by_us(leg, reason, now);
  close_server_invite(leg, 504, now);
  end_leg(leg, reason, nullptr);
}

}  // namespace ringwall::sip
