#include "call/fork.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "sip/message/warning.h"

namespace ringwall::call {
namespace {

// The caller may repeat its call with what these ask for.
bool can_be_mended(int status) {
  return status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
}

// RFC 3326 section 2.
const sip::Headers& answered_elsewhere() {
  static const sip::Headers out{{"Reason", "SIP;cause=200;text=\"Call completed elsewhere\""}};
  return out;
}

}  // namespace

bool is_better_refusal(int status, int than) {
  const auto rank = [](int code) { return code >= 600 ? 0 : code / 100; };
  if (rank(status) != rank(than)) return rank(status) < rank(than);
  if (can_be_mended(status) != can_be_mended(than)) return can_be_mended(status);
  // A 503 says that one server cannot, which is no news of the call (section 16.7 step 6).
  return than == 503 && status != 503;
}

Fork::Fork(UserAgent& agent, std::weak_ptr<LegOwner> owner, sip::Outgoing invite, std::vector<ForkTarget> targets)
    : agent_(agent), owner_(std::move(owner)), invite_(std::move(invite)) {
  for (ForkTarget& target : targets) {  // equal ones stay in their order
    const auto at = std::ranges::upper_bound(targets_, target.q, std::greater(), &ForkTarget::q);
    targets_.insert(at, std::move(target));
  }
  if (targets_.size() > limits::fork_targets) targets_.resize(limits::fork_targets);
}

bool Fork::ring_next() {
  const auto owner = owner_.lock();
  if (closed_ || !owner || next_ >= targets_.size()) return false;
  const int group = targets_[next_].q;
  for (; next_ < targets_.size() && targets_[next_].q == group; ++next_) {
    sip::Outgoing out = invite_;
    out.route = targets_[next_].route;
    out.request_uri = targets_[next_].request_uri;
    if (!targets_[next_].path.empty()) out.headers.emplace_back("Route", targets_[next_].path);
    const sip::LegId leg = agent_.endpoint().invite(std::move(out), agent_.now());
    branches_.push_back({leg, next_});
    agent_.own(leg, owner);
  }
  return true;
}

bool Fork::holds(sip::LegId leg) const {
  return target_of(leg) != nullptr;
}

const ForkTarget* Fork::target_of(sip::LegId leg) const {
  const auto at = std::ranges::find(branches_, leg, &Branch::leg);
  return at == branches_.end() ? nullptr : &targets_[at->target];
}

std::vector<sip::LegId> Fork::legs() const {
  std::vector<sip::LegId> out;
  for (const Branch& branch : branches_)
    out.push_back(branch.leg);
  return out;
}

void Fork::let_go(sip::LegId leg, const sip::Headers& headers) {
  agent_.endpoint().hang_up(leg, agent_.now(), headers);
  agent_.disown(leg);
}

void Fork::choose(sip::LegId leg) {
  closed_ = true;
  for (const Branch& branch : branches_)
    if (branch.leg != leg) let_go(branch.leg, answered_elsewhere());
  std::erase_if(branches_, [leg](const Branch& branch) { return branch.leg != leg; });
}

void Fork::cancel(const sip::Headers& headers) {
  closed_ = true;
  for (const Branch& branch : std::exchange(branches_, {}))
    let_go(branch.leg, headers);
}

bool Fork::refused(const sip::Refused& refused) {
  std::erase_if(branches_, [&](const Branch& branch) { return branch.leg == refused.leg; });
  note(refused);
  if (refused.status >= 600) cancel({});  // section 16.7 step 5: nobody wants this call
  return !branches_.empty() || ring_next();
}

void Fork::note(const sip::Refused& refused) {
  // What failed here (no connection, no answer) is a 408 or 503 of ours.
  const bool challenge = refused.status == 401 || refused.status == 407;
  const bool again = has_best_ && challenge && (best_.status == 401 || best_.status == 407);
  if (has_best_ && !again && !is_better_refusal(refused.status, best_.status)) return;
  if (!again) best_ = {.status = refused.status, .reason = refused.reason};
  has_best_ = true;
  if (!refused.message) {
    best_.reason.clear();
    best_.headers.emplace_back("Warning", sip::print(sip::Warning{399, agent_.name(), refused.reason}));
    return;
  }
  for (const sip::HeaderName name : {sip::HeaderName::warning, sip::HeaderName::retry_after, sip::HeaderName::reason,
                                     sip::HeaderName::www_authenticate, sip::HeaderName::proxy_authenticate})
    for (const auto& field : refused.message->headers())
      if (field.name == name) best_.headers.emplace_back(sip::print(name), field.value);
}

}  // namespace ringwall::call
