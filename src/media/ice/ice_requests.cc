// What the peer asks: binding requests (RFC 8445 section 7.3).
#include <algorithm>

#include "base/limits.h"
#include "media/ice/ice_agent.h"
#include "media/ice/ice_times.h"

namespace ringwall::media {
namespace {

/// "ours:theirs" (RFC 8445 section 7.2.2).
bool is_our_user(std::string_view username, const IceParameters& parameters) {
  const std::string_view ours = parameters.local_ufrag, theirs = parameters.remote_ufrag;
  return username.size() == ours.size() + 1 + theirs.size() && username.starts_with(ours) &&
         username[ours.size()] == ':' && username.ends_with(theirs);
}

}  // namespace

void IceAgent::receive_request(const stun::Message& message, const PacketAddress& from, std::uint16_t component,
                               Time now) {
  // The name is cheaper to look at than the integrity. Neither is answered when wrong: an error to somebody without
  // the password would make a reflector of us.
  if (!message.username || !is_our_user(*message.username, parameters_) ||
      !stun::integrity_right(message, parameters_.local_password.reveal()) || is_copy(message, from)) {
    ++counts_.refused;
    return;
  }
  if (!may_answer(now)) return;
  if (message.unknown_count > 0) return refuse(message, from, component, 420, "Unknown Attribute");
  if (!message.priority) return refuse(message, from, component, 400, "Bad Request");
  if (!settle_role(message, from, component)) return;
  answer(message, from, component);
  IcePair* const pair = learn_pair(message, from, component, now);
  if (pair != nullptr && message.use_candidate && !controlling_) nominated_by_peer(*pair, now);
}

/// The source is not under the integrity: whoever saw a request may send a copy of it from elsewhere.
bool IceAgent::is_copy(const stun::Message& message, const PacketAddress& from) {
  const auto known =
      std::ranges::find_if(seen_, [&](const Seen& seen) { return seen.transaction == message.transaction; });
  if (known != seen_.end() && known->from) return !(known->from == from);
  seen_[seen_next_++ % seen_.size()] = {message.transaction, from};
  return false;
}

bool IceAgent::may_answer(Time now) {
  if (now - answers_from_ >= 1s) {
    answers_from_ = now;
    answers_ = 0;
  }
  if (answers_ == limits::ice_answers_per_second) {
    ++counts_.limited;
    return false;
  }
  ++answers_;
  return true;
}

/// RFC 8445 section 7.3.1.1: when both believe to have the same role, the greater number keeps it. A lite agent never
/// controls a full one.
bool IceAgent::settle_role(const stun::Message& message, const PacketAddress& from, std::uint16_t component) {
  const auto& theirs = controlling_ ? message.controlling : message.controlled;
  if (!theirs) return true;
  ++counts_.role_conflicts;
  const bool ours_is_greater = options_.tie_breaker >= *theirs;
  if (parameters_.lite || controlling_ == ours_is_greater) {
    refuse(message, from, component, 487, "Role Conflict");
    return false;
  }
  switch_role(!controlling_);
  return true;
}

void IceAgent::answer(const stun::Message& message, const PacketAddress& from, std::uint16_t component) {
  stun::Writer out(stun::Class::success, message.transaction);
  out.xor_mapped_address(from);
  out.integrity(parameters_.local_password.reveal());
  out.fingerprint();
  if (queue(component, from, out)) ++counts_.answered;
}

void IceAgent::refuse(const stun::Message& message, const PacketAddress& from, std::uint16_t component,
                      std::uint16_t code, std::string_view reason) {
  stun::Writer out(stun::Class::error, message.transaction);
  out.error(code, reason);
  if (code == 420) out.unknown_attributes(std::span(message.unknown).first(message.unknown_count));
  out.integrity(parameters_.local_password.reveal());
  out.fingerprint();
  if (queue(component, from, out)) ++counts_.answered;
}

/// The pair that the request came on; an unknown source is a peer-reflexive candidate (RFC 8445 section 7.3.1.3). A
/// full agent asks back at once (section 7.3.1.4).
IcePair* IceAgent::learn_pair(const stun::Message& message, const PacketAddress& from, std::uint16_t component,
                              Time now) {
  using enum IcePair::State;
  IcePair* pair = find(component, from);
  if (pair == nullptr)
    pair = add_pair({.component = component,
                     .remote = from,
                     .local_priority = host_priority(component),
                     .remote_priority = *message.priority,
                     .foundation = "prflx " + to_net_address(from).text(),
                     .state = waiting});
  if (pair == nullptr) return nullptr;
  pair->heard = true;
  if (parameters_.lite) {
    pair->valid = true;
    pair->state = succeeded;
    if (auto& selected = selected_[component - 1u]; selected && selected->remote == from) {
      selected->until = now + limits::ice_consent_time;  // who asks, wants to be sent to
      selected->peer_moves_on = !message.use_candidate;
    }
    return pair;
  }
  if (pair->state == succeeded || silent_) return pair;
  if (pair->state != in_progress) pair->state = waiting;
  pair->triggered = true;
  return pair;
}

/// RFC 8445 section 7.3.1.5. A peer may nominate several pairs, one after another or (RFC 5245) all at once: the best
/// counts, unless the one in use was asked for since without being nominated.
void IceAgent::nominated_by_peer(IcePair& pair, Time now) {
  if (!pair.valid) {
    pair.nominate_on_success = true;
    return;
  }
  pair.nominated = true;
  const auto& selected = selected_[pair.component - 1u];
  if (!selected || selected->remote == pair.remote || selected->peer_moves_on ||
      pair.priority(controlling_) > selected->priority)
    choose(pair, now);
}

}  // namespace ringwall::media
