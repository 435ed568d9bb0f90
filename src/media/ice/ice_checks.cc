// What we ask: connectivity checks (RFC 8445 sections 6.1.4 and 7.2), nomination (section 8).
#include <algorithm>

#include "media/ice/ice_agent.h"
#include "media/ice/ice_times.h"

namespace ringwall::media {

using enum IcePair::State;

stun::TransactionId IceAgent::new_transaction() {
  stun::TransactionId out;
  options_.random(out);
  return out;
}

bool IceAgent::send_check(std::uint16_t component, const PacketAddress& to, const stun::TransactionId& transaction,
                          bool nominate) {
  stun::Writer out(stun::Class::request, transaction);
  out.text(stun::Attribute::username, parameters_.remote_ufrag + ":" + parameters_.local_ufrag);
  out.u32(stun::Attribute::priority, peer_reflexive_priority(component));
  out.u64(controlling_ ? stun::Attribute::ice_controlling : stun::Attribute::ice_controlled, options_.tie_breaker);
  if (nominate) out.flag(stun::Attribute::use_candidate);
  out.integrity(parameters_.remote_password.reveal());
  out.fingerprint();
  return queue(component, to, out);
}

std::size_t IceAgent::under_way() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      pairs_, [](const IcePair& pair) { return pair.state == waiting || pair.state == in_progress; }));
}

/// Begins one check, or repeats one that the peer's own check gives new hope to.
void IceAgent::begin_check(IcePair& pair, Time now) {
  pair.triggered = false;
  if (pair.state != in_progress) {
    pair.transaction = new_transaction();
    pair.nominating = controlling_ && pair.nominate_on_success;
    pair.state = in_progress;
  }
  pair.timeout = std::max<Duration>(ice_least_timeout, ice_pace * static_cast<int>(under_way()));
  pair.sent = 1;
  pair.repeat_at = now + pair.timeout;
  send_check(pair.component, pair.remote, pair.transaction, pair.nominating);
}

/// One check every Ta: a triggered one first, then the best that waits (RFC 8445 section 6.1.4.2). Once every component
/// has its pair, only what the peer nominates is still looked at (section 8.1.2).
void IceAgent::check_next(Time now) {
  if (silent_) return;
  const auto triggered = std::ranges::find_if(
      pairs_, [this](const IcePair& pair) { return pair.triggered && (!done_ || pair.nominate_on_success); });
  auto next = triggered;
  if (next == pairs_.end() && !done_) {
    thaw();
    next = std::ranges::find(pairs_, waiting, &IcePair::state);
  }
  if (next == pairs_.end()) return;
  begin_check(*next, now);
  next_check_ = std::max(next_check_ + ice_pace, now + ice_pace / 2);
}

void IceAgent::repeat_checks(Time now) {
  for (IcePair& pair : pairs_) {
    if (pair.state != in_progress || now < pair.repeat_at) continue;
    if (pair.sent == ice_most_sent || (done_ && !pair.nominate_on_success)) {
      pair.state = failed;
      pair.valid = pair.nominate_on_success = false;
      continue;
    }
    send_check(pair.component, pair.remote, pair.transaction, pair.nominating);
    ++pair.sent;
    pair.repeat_at = now + pair.timeout * (pair.sent == ice_most_sent ? ice_last_wait : 1 << (pair.sent - 1));
  }
}

void IceAgent::receive_response(const stun::Message& message, const PacketAddress& from, std::uint16_t component,
                                Time now) {
  const auto pair = std::ranges::find_if(pairs_, [&](const IcePair& one) {
    return one.state == in_progress && one.component == component && one.transaction == message.transaction;
  });
  if (pair == pairs_.end()) {
    if (!receive_consent(message, from, component, now)) ++counts_.refused;
    return;
  }
  if (!stun::integrity_right(message, parameters_.remote_password.reveal())) {
    ++counts_.refused;
    return;
  }
  if (message.error == 487) return conflict(*pair);
  // The answer has to come from where the request went (RFC 8445 section 7.2.5.2.1).
  if (message.kind == stun::Class::error || !message.mapped || !(from == pair->remote)) {
    pair->state = failed;
    pair->valid = pair->nominate_on_success = false;
    return;
  }
  succeed(*pair, now);
  nominate_best(now);
}

void IceAgent::succeed(IcePair& pair, Time now) {
  pair.state = succeeded;
  pair.valid = true;
  if (!valid_since_) valid_since_ = now;
  for (IcePair& other : pairs_)  // RFC 8445 section 7.2.5.3.3
    if (other.state == frozen && other.foundation == pair.foundation) other.state = waiting;
  if (!pair.nominate_on_success) return;
  if (!controlling_) return nominated_by_peer(pair, now);
  if (!pair.nominating) return;  // the peer has not been told yet
  pair.nominated = true;
  choose(pair, now);
}

/// RFC 8445 section 7.2.5.1: the peer keeps the role; we take the other one, with another number, and ask again.
void IceAgent::conflict(IcePair& pair) {
  ++counts_.role_conflicts;
  pair.state = waiting;
  pair.triggered = true;
  const stun::TransactionId number = new_transaction();
  options_.tie_breaker = ByteReader(number).u64();
  if (!parameters_.remote_lite) switch_role(!controlling_);
}

void IceAgent::switch_role(bool controlling) {
  controlling_ = controlling;
  for (IcePair& pair : pairs_)
    if (!pair.nominated) pair.nominate_on_success = false;
  sort_pairs();
}

/// Regular nomination (RFC 8445 section 8.1.1) by the controlling side: the best valid pair of each component, once
/// no better one is being checked or that has taken long enough.
void IceAgent::nominate_best(Time now) {
  if (!controlling_ || done_ || silent_ || !valid_since_) return;
  for (std::uint16_t component = 1; component <= components(); ++component) {
    const auto of_component = [&](const IcePair& pair) { return pair.component == component; };
    if (std::ranges::any_of(pairs_, [&](const IcePair& pair) {
          return of_component(pair) && (pair.nominate_on_success || pair.nominated);
        }))
      continue;
    for (IcePair& pair : pairs_) {  // best first
      if (!of_component(pair)) continue;
      const bool open = pair.state == frozen || pair.state == waiting || pair.state == in_progress;
      if (open && !pair.valid && now - *valid_since_ < ice_better_pair_time) break;
      if (!pair.valid || pair.state != succeeded) continue;
      pair.nominate_on_success = pair.triggered = true;
      pair.state = waiting;
      break;
    }
  }
}

/// Nothing counts as failed before the peer had time to find us (RFC 8863).
void IceAgent::give_up(Time now) {
  if (done_ || failed_ || silent_ || now - started_ < ice_patience || under_way() > 0) return;
  failed_ = true;
  note(Event::failed);
}

Time IceAgent::next_timer() const {
  Time out = Time::max();
  if (!done_ && !failed_ && !silent_) out = started_ + ice_patience;
  for (const auto& selected : selected_) {
    if (!selected) continue;
    out = std::min(out, selected->until);
    if (!parameters_.lite) out = std::min(out, selected->next_check);
  }
  if (parameters_.lite) return out;
  bool open = false;
  for (const IcePair& pair : pairs_) {
    if (pair.state == in_progress) out = std::min(out, pair.repeat_at);
    open = open || (pair.triggered && (!done_ || pair.nominate_on_success)) ||
           (!done_ && (pair.state == waiting || pair.state == frozen));
  }
  if (open && !silent_) out = std::min(out, next_check_);
  if (controlling_ && !done_ && valid_since_)
    out = std::min(out, std::max(*valid_since_ + ice_better_pair_time, next_check_));
  return out;
}

}  // namespace ringwall::media
