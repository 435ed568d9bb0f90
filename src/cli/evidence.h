#pragma once

#include <vector>

#include "cli/test_call.h"
#include "proof/classify.h"
#include "proof/evidence.h"

namespace ringwall::cli {

/// The hops that the proof must show, filled with what the elements and the test phones said of them.
std::vector<proof::HopEvidence> hops_of(const TestCallPlan& plan, const std::optional<TestCallResult>& result);

/// The media paths between which the capture's packets are looked for: those of the hops, and those of every other leg
/// that was seen. Those of a hop go the way the hop goes.
struct KnownPath {
  proof::MediaPath path;
  std::uint64_t media_leg = 0;  ///< the leg whose keys decide
  bool leg_is_to = false;       ///< the path's `to` holds that leg, else its `from`
};
std::vector<KnownPath> paths_of(const std::set<SeenLeg>& seen, const std::vector<proof::HopEvidence>& hops);

}  // namespace ringwall::cli
