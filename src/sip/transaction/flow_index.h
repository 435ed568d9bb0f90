#pragma once

#include <cstdint>
#include <vector>

#include "sip/transaction/hash_index.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

/// Links its holder into the list of everything that uses one flow; allocates nothing. Unlinks itself when it dies.
class FlowMember {
 public:
  explicit FlowMember(std::uint64_t owner) : owner_(owner) {}
  FlowMember(const FlowMember&) = delete;
  FlowMember& operator=(const FlowMember&) = delete;
  ~FlowMember() { leave(); }

  [[nodiscard]] FlowId flow() const { return flow_; }
  void leave();

 private:
  friend class FlowIndex;
  std::uint64_t owner_;
  FlowId flow_{};
  class FlowIndex* index_ = nullptr;
  FlowMember* previous_ = nullptr;
  FlowMember* next_ = nullptr;
};

/// Who uses which flow: finds what a closed connection takes with it without looking at anything else. Must outlive its
/// members.
class FlowIndex {
 public:
  void join(FlowMember& member, FlowId flow);
  [[nodiscard]] std::vector<std::uint64_t> owners(FlowId flow);

 private:
  friend class FlowMember;
  FlowMember** head_of(FlowId flow);
  HashIndex<FlowMember*> heads_;  ///< the first member of each flow that has any
};

}  // namespace ringwall::sip
