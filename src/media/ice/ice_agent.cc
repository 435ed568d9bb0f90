#include "media/ice/ice_agent.h"

#include <algorithm>

#include "base/limits.h"
#include "media/ice/ice_times.h"

namespace ringwall::media {
namespace {

bool same_credentials(const IceParameters& a, const IceParameters& b) {
  return a.local_ufrag == b.local_ufrag && a.remote_ufrag == b.remote_ufrag &&
         std::ranges::equal(a.local_password.reveal(), b.local_password.reveal()) &&
         std::ranges::equal(a.remote_password.reveal(), b.remote_password.reveal());
}

}  // namespace

IceAgent::IceAgent(IceAgentOptions options, const IceParameters& parameters, Time now) : options_(std::move(options)) {
  start(parameters, now);
}

void IceAgent::configure(const IceParameters& parameters, bool rtcp_mux, Time now) {
  if (options_.rtcp_mux != rtcp_mux || !same_credentials(parameters_, parameters)) {
    options_.rtcp_mux = rtcp_mux;
    start(parameters, now);
    return;
  }
  for (const IceCandidate& candidate : parameters.remote_candidates)
    add_candidate(candidate, now);
}

void IceAgent::start(const IceParameters& parameters, Time now) {
  parameters_ = parameters;
  controlling_ = !parameters.lite && (parameters.controlling || parameters.remote_lite);
  pairs_.clear();
  for (auto& selected : selected_) {
    if (!selected) continue;
    selected->priority = 0;  // any pair of the new checks is better
    selected->asked_count = 0;
  }
  if (options_.rtcp_mux) selected_[1].reset();
  started_ = next_check_ = now;
  valid_since_.reset();
  done_ = failed_ = silent_ = false;
  for (const IceCandidate& candidate : parameters.remote_candidates)
    add_candidate(candidate, now);
}

void IceAgent::add_candidate(const IceCandidate& candidate, Time now) {
  const auto address = to_packet_address(candidate.address);
  const bool usable = address && address->version == options_.rtp.version && candidate.component >= 1 &&
                      candidate.component <= components();
  if (parameters_.lite || !usable) return;
  if (IcePair* const known = find(candidate.component, *address)) {
    known->remote_priority = candidate.priority;  // it was peer-reflexive until now (RFC 8445 section 7.3.1.3)
    sort_pairs();
    return;
  }
  add_pair({.component = candidate.component,
            .remote = *address,
            .local_priority = host_priority(candidate.component),
            .remote_priority = candidate.priority,
            .foundation = candidate.foundation});
  thaw();
  next_check_ = std::max(next_check_, now);
}

/// Nothing if there are too many.
IcePair* IceAgent::add_pair(IcePair pair) {
  if (pairs_.size() >= limits::ice_pairs && !make_room()) {
    ++counts_.limited;
    return nullptr;
  }
  const std::uint16_t component = pair.component;
  const PacketAddress remote = pair.remote;
  pairs_.push_back(std::move(pair));
  sort_pairs();
  return find(component, remote);
}

/// Forgets the worst pair that is of no use any more.
bool IceAgent::make_room() {
  const auto useless = [&](const IcePair& pair) {
    const auto& selected = selected_[pair.component - 1u];
    return (!selected || !(selected->remote == pair.remote)) &&
           (parameters_.lite || pair.state == IcePair::State::failed);
  };
  const auto worst = std::find_if(pairs_.rbegin(), pairs_.rend(), useless);
  if (worst == pairs_.rend()) return false;
  pairs_.erase(std::next(worst).base());
  return true;
}

void IceAgent::sort_pairs() {
  std::ranges::sort(pairs_, std::ranges::greater(),
                    [this](const IcePair& pair) { return pair.priority(controlling_); });
}

/// Of each foundation the best pair of the lowest component may be checked; the others wait for what becomes of it
/// (RFC 8445 section 6.1.2.6, RFC 8838 section 12).
void IceAgent::thaw() {
  using enum IcePair::State;
  for (IcePair& pair : pairs_) {
    if (pair.state != frozen) continue;
    bool behind = false, proved = false;
    for (const IcePair& other : pairs_) {
      if (other.foundation != pair.foundation || &other == &pair) continue;
      proved = proved || other.state == succeeded;
      behind = behind || other.state == waiting || other.state == in_progress ||
               (other.state == frozen && other.component < pair.component);
    }
    if (proved || !behind) pair.state = waiting;
  }
}

IcePair* IceAgent::find(std::uint16_t component, const PacketAddress& remote) {
  const auto at = std::ranges::find_if(
      pairs_, [&](const IcePair& pair) { return pair.component == component && pair.remote == remote; });
  return at == pairs_.end() ? nullptr : &*at;
}

void IceAgent::receive(Bytes datagram, const PacketAddress& from, std::uint16_t component, Time now) {
  const auto message = stun::parse(datagram);
  if (!message || !message->fingerprint || message->method != stun::binding || component > components()) {
    ++counts_.refused;
    return;
  }
  switch (message->kind) {
    case stun::Class::request:
      return receive_request(*message, from, component, now);
    case stun::Class::success:
    case stun::Class::error:
      return receive_response(*message, from, component, now);
    case stun::Class::indication:
      return;  // a keep-alive (RFC 8445 section 11)
  }
}

void IceAgent::expire(Time now) {
  check_consent(now);
  if (!parameters_.lite) {
    repeat_checks(now);
    nominate_best(now);
    if (now >= next_check_) check_next(now);
  }
  give_up(now);
}

bool IceAgent::queue(std::uint16_t component, const PacketAddress& to, const stun::Writer& message) {
  if (!message.ok() || transmits_.size() >= limits::ice_waiting) {
    ++counts_.limited;
    return false;
  }
  transmits_.push_back({component, to, message});
  return true;
}

std::optional<IceAgent::Transmit> IceAgent::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  const Transmit out = transmits_.front();
  transmits_.pop_front();
  return out;
}

void IceAgent::note(Event event) {
  if (events_.size() < limits::ice_waiting) events_.push_back(event);
}

std::optional<IceAgent::Event> IceAgent::poll_event() {
  if (events_.empty()) return std::nullopt;
  const Event out = events_.front();
  events_.pop_front();
  return out;
}

std::optional<PacketAddress> IceAgent::target(std::uint16_t component) const {
  const std::size_t slot = component == 2 && !options_.rtcp_mux ? 1 : 0;
  if (selected_[slot]) return selected_[slot]->remote;
  if (parameters_.lite || failed_ || silent_) return std::nullopt;
  for (const IcePair& pair : pairs_)
    if (pair.valid && pair.component == slot + 1) return pair.remote;
  return std::nullopt;
}

bool IceAgent::is_valid_source(const PacketAddress& from, std::uint16_t component) const {
  if (component <= selected_.size() && selected_[component - 1u] && selected_[component - 1u]->remote == from)
    return true;
  return std::ranges::any_of(pairs_, [&](const IcePair& pair) {
    return pair.component == component && (pair.valid || pair.heard) && pair.remote == from;
  });
}

bool IceAgent::settled(Time now) const {
  return done_ && now - settled_since_ >= ice_settle_time;
}

}  // namespace ringwall::media
