#include "call/tries.h"

#include "base/limits.h"
#include "base/metric.h"

namespace ringwall::call {

void Tries::count(const char* what) const {
  Metrics::instance().counter(what, fmt::format("group=\"{}\"", group_->configuration().name)).add();
}

const Path* Tries::next() {
  if (settled_ || at_ >= paths_.size() || at_ >= limits::locate_targets) return nullptr;
  const Path& path = paths_[at_++];
  group_->call_sent(path);
  count(at_ == 1 ? "ringwall_group_calls_total" : "ringwall_group_failovers_total");
  return &path;
}

void Tries::answered(int status, Time now) {
  if (settled_ && status >= 300) return;
  settled_ = true;
  if (const Path* path = current()) group_->call_answered(*path, {.status = status}, now);
  if (noted_) noted_();
}

bool Tries::failed(const sip::Refused& refused, Time now) {
  const Path* path = current();
  if (path == nullptr) return false;
  const bool goes_on = !settled_ && group_->goes_on(refused.status, refused.message == nullptr);
  if (refused.cut) count("ringwall_group_cut_total");
  if (refused.cut) return goes_on;  // no failure: the member asked for this (RFC 7339), and others may have room
  if (refused.message != nullptr)
    group_->call_answered(
        *path, {refused.status, read_retry_after(refused.message->header(sip::HeaderName::retry_after))}, now);
  else if (goes_on)  // else the trouble is not the member's
    group_->call_failed(*path, fmt::format("{} {}", refused.status, refused.reason), now);
  if (noted_) noted_();
  return goes_on;
}

sip::Route route_of(const Path& path) {
  return {.transport = path.spot.transport, .address = path.spot.address, .peer = path.target};
}

}  // namespace ringwall::call
