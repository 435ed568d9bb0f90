#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "call/identity.h"
#include "call/leg_pair.h"
#include "edge/edge_call.h"
#include "policy/dial_plan.h"

namespace ringwall::edge {
namespace {

constexpr int kRedirections = 5;  ///< of one call

}  // namespace

// RFC 3261 section 8.1.3.4 leaves it to the user agent whether it follows. The Contact's number is taken and its host
// is not: a trunk says who is to be called, and where calls go is for the dial plan alone.
bool EdgeCall::follow(const sip::Refused& redirection) {
  if (!redirection.message || redirection.status / 100 != 3 || redirection.leg != to_.leg) return false;
  const auto contact = redirection.message->contact();
  if (!contact || redirections_ == kRedirections) return false;
  const std::string number = call::user_or_uri(contact->uri);
  const policy::DialPeer* dial_peer = policy::find_dial_peer(edge_.site(), edge_.name(), number);
  if (!dial_peer || dial_peer->target == from_.peer) {
    log::warning(edge_.name(), "call {}: {} redirects it to {}, which no dial peer leads to", interaction_, to_.peer,
                 contact->uri.text);
    return false;
  }
  ++redirections_;
  called_ = number;
  dial_peer_ = dial_peer->name;
  to_.early.clear();
  to_.early_tag.clear();
  tries_ = edge_.ways_out().tries(dial_peer->target);
  return invite_next();
}

// The caller gets the target's code, but never the words of a failure of ours: they name addresses of the other side.
// A 3xx without its Contact says nothing, and the Contact is the other side's.
void EdgeCall::refuse_caller(const sip::Refused& refused) {
  sip::Answer answer{.status = refused.status / 100 == 3 ? 480 : refused.status};
  if (refused.message && answer.status == refused.status) {
    answer.reason = refused.reason;
    if (const auto warning = refused.message->header(sip::HeaderName::warning); !warning.empty())
      answer.headers.emplace_back("Warning", warning);
    call::pass_session_id(edge_.agent().endpoint(), *refused.message, from_.leg);
    // RFC 6432: the reason that a gateway gives, such as the cause of Q.850, goes on as it is.
    std::ranges::move(call::reasons_of(refused.message), std::back_inserter(answer.headers));
  }
  edge_.agent().endpoint().reject(from_.leg, std::move(answer), edge_.now());
}

}  // namespace ringwall::edge
