#include "base/log.h"
#include "call_manager/line_call.h"

// A line with several devices: those of equal preference ring together, and the first to answer has the call.

namespace ringwall::call_manager {

void LineCall::ring_devices() {
  sip::Outgoing out = onward();
  const bool with_offer = !out.body.content.empty();
  // Without reliable responses: each device would need an answer of its own before one is chosen.
  out.headers.emplace_back("Supported", manager_.supported_tags());
  fork_.emplace(manager_.agent(), weak_from_this(), std::move(out), target_.devices);
  fork_->ring_next();
  to_ = fork_->legs().front();
  pair_.begin(from_, to_, with_offer);
  log::info(manager_.name(), "call {} for line {} rings {} of {} devices", interaction_, target_.number,
            fork_->legs().size(), target_.devices.size());
  tell_watchers();
}

void LineCall::answered_by(sip::LegId device) {
  if (!fork_->holds(device)) return;
  to_ = device;
  target_.peer = fork_->target_of(device)->peer;
  fork_->choose(device);
  fork_.reset();
  pair_.begin(from_, to_, !call::sdp_of(*invite_).empty());
}

bool LineCall::refused_by(const sip::Refused& refused) {
  const auto* device = fork_->target_of(refused.leg);
  if (device != nullptr && !refused.message && device->route.flow) manager_.lost(device->route.flow);
  if (!fork_->refused(refused)) return false;
  to_ = fork_->legs().front();
  pair_.begin(from_, to_, !call::sdp_of(*invite_).empty());
  return true;
}

}  // namespace ringwall::call_manager
