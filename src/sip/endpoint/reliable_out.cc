#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/message/dialog_headers.h"
#include "sip/message/list_headers.h"

// Reliable provisional responses to our INVITE (RFC 3262 section 4).
namespace ringwall::sip {
namespace {

using Carrier = OfferAnswerState::Carrier;
using Meaning = OfferAnswerState::Meaning;

// Its RSeq; 0: it is not reliable.
std::uint32_t reliable_number(const Message& response) {
  if (response.status() == 100 || !has_token(response, HeaderName::require, "100rel")) return 0;
  const auto number = parse_rseq(response.header(HeaderName::rseq));
  return number ? *number : 0;
}

}  // namespace

void Endpoint::Core::invite_provisional(ClientTransaction& transaction, Leg& leg, const MessagePtr& message, Time now) {
  const bool initial = static_cast<Purpose>(transaction.purpose) == Purpose::invite;
  if (leg.silent) return initial ? send_cancel(leg, now) : give_up_invite(leg, now);
  if (leg.state == Leg::State::terminating) return;
  if (leg.state == Leg::State::calling) leg.state = Leg::State::proceeding;
  if (message->status() == 100) return;
  const bool in_dialog =
      initial ? follow_fork(transaction, leg, *message) : message->to().tag == leg.dialog.remote_tag();
  if (initial && leg.dialog.state() == Dialog::State::early) leg.state = Leg::State::early;
  const std::uint32_t rseq = reliable_number(*message);
  if (rseq != 0) {
    // In order and once each, in each dialog by itself: others are dropped, and not acknowledged.
    if (!in_dialog || (leg.rseq != 0 && rseq != leg.rseq + 1)) return;
    leg.rseq = rseq;
  }
  const bool described = in_dialog ? hear(leg, *message) : is_description(*message);
  const Carrier carrier = rseq != 0 ? Carrier::reliable_provisional : Carrier::unreliable_provisional;
  const Meaning meaning = in_dialog ? leg.session.received(carrier, described) : Meaning::none;
  const bool offers = rseq != 0 && meaning == Meaning::offer;
  const std::uint32_t cseq = message->cseq().number;
  if (offers && leg.unanswered.size() < limits::sip_early_dialogs)
    leg.unanswered.push_back({std::string(message->to().tag), rseq, cseq});
  if (rseq != 0 && !offers) send_prack(leg, rseq, cseq, {}, now);
  // What a re-INVITE is told on its way is of use only as its answer.
  if (initial || offers || meaning == Meaning::answer) events.push_back(Progress{leg.id, message, offers});
}

void Endpoint::Core::send_prack(Leg& leg, std::uint32_t rseq, std::uint32_t cseq, const Body& body, Time now) {
  std::string branch = new_branch();
  const Headers headers{{"RAck", fmt::format("{} {} INVITE", rseq, cseq)}};
  std::string bytes = write_in_dialog(leg, Method::prack, leg.dialog.next_cseq(), branch, headers, body);
  start_client(Method::prack, std::move(branch), std::move(bytes), Route(leg.route), Purpose::prack, leg.id, now);
}

void Endpoint::Core::prack(LegId id, const Body& answer, Time now) {
  Leg* used = leg(id);
  if (used == nullptr || used->silent || used->unanswered.empty()) return;
  const UnansweredOffer offer = std::move(used->unanswered.front());
  used->unanswered.erase(used->unanswered.begin());
  if (!select_fork(*used, offer.tag)) return;
  (void)used->session.sent(Carrier::prack, is_description(answer));
  if (is_description(answer)) used->description = answer.content;
  send_prack(*used, offer.rseq, offer.cseq, answer, now);
}

}  // namespace ringwall::sip
