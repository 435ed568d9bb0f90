#include "base/limits.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"

// The early dialogs of one INVITE of ours (RFC 3261 sections 12.1.2 and 13.2.2.4). The leg's own dialog is the one that
// spoke last; the others wait in `forks`.
namespace ringwall::sip {
namespace {

Fork new_fork(const ClientTransaction& transaction) {
  Fork out;
  const auto invite = Message::parse(transaction.request);
  if (!invite) return out;
  out.dialog = Dialog::caller(*invite);
  (void)out.session.sent(OfferAnswerState::Carrier::invite, is_description(*invite));
  return out;
}

void exchange(Leg& leg, Fork& fork) {
  leg.dialog.exchange_remote(fork.dialog);
  std::swap(leg.session, fork.session);
  std::swap(leg.rseq, fork.rseq);
}

}  // namespace

bool Endpoint::Core::select_fork(Leg& leg, std::string_view remote_tag) {
  if (leg.dialog.remote_tag() == remote_tag) return true;
  for (Fork& fork : leg.forks) {
    if (fork.dialog.remote_tag() != remote_tag) continue;
    exchange(leg, fork);
    return true;
  }
  return false;
}

OfferAnswerState* Endpoint::Core::find_session(Leg& leg, std::string_view remote_tag) {
  if (leg.dialog.remote_tag() == remote_tag) return &leg.session;
  for (Fork& fork : leg.forks)
    if (fork.dialog.remote_tag() == remote_tag) return &fork.session;
  return nullptr;
}

// A provisional response makes its dialog the current one. False: it makes none, or there are too many.
bool Endpoint::Core::follow_fork(const ClientTransaction& transaction, Leg& leg, const Message& response) {
  const std::string_view tag = response.to().tag;
  if (tag.empty()) return false;
  if (leg.dialog.state() != Dialog::State::none && !select_fork(leg, tag)) {
    if (leg.forks.size() + 1 >= limits::sip_early_dialogs) return false;
    leg.forks.push_back(new_fork(transaction));
    exchange(leg, leg.forks.back());
  }
  (void)leg.dialog.receive_response(response);
  return true;
}

// The first 2xx decides. The other early dialogs end with it; their own 2xx would get ACK and BYE.
void Endpoint::Core::choose_fork(const ClientTransaction& transaction, Leg& leg, const Message& success) {
  if (leg.dialog.state() != Dialog::State::none && !select_fork(leg, success.to().tag)) {
    Fork fork = new_fork(transaction);
    exchange(leg, fork);
  }
  leg.forks.clear();
  leg.unanswered.clear();
}

}  // namespace ringwall::sip
