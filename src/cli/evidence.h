#pragma once

#include <vector>

#include "cli/test_call.h"
#include "proof/classify.h"
#include "proof/evidence.h"

namespace ringwall::cli {

/// A media path of the test call, and whose keys decide on its packets.
struct TestPath {
  proof::MediaPath path;
  std::uint64_t site_leg = 0;   ///< the edge's media leg, asked through the API
  bool from_is_peer = false;    ///< packets from the path's `from` are what that leg receives
};

/// The hops that the proof must show, filled with what the elements and the test phones said of them.
std::vector<proof::HopEvidence> hops_of(const TestCallPlan& plan, const std::optional<TestCallResult>& result);
std::vector<TestPath> paths_of(const TestCallPlan& plan, const TestCallResult& result);

}  // namespace ringwall::cli
