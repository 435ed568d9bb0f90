#include "policy/recording.h"

#include <algorithm>

namespace ringwall::policy {
namespace {

bool names(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

}  // namespace

bool is_recorded(const Site& site, const RecordedCall& call) {
  const Recording& recording = site.recording;
  if (!recording.enabled) return false;
  if (recording.trunks.empty() && recording.services.empty() && recording.lines.empty()) return true;
  // A line calls through the call manager; what a trunk says the caller's number is proves no line.
  const bool from_inside = site.element(call.from) != nullptr;
  return names(recording.trunks, call.from) || names(recording.trunks, call.to) ||
         names(recording.services, call.number) || names(recording.lines, call.number) ||
         (from_inside && names(recording.lines, call.caller));
}

}  // namespace ringwall::policy
