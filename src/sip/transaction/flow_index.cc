#include "sip/transaction/flow_index.h"

namespace ringwall::sip {

void FlowMember::leave() {
  if (index_ == nullptr) return;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else if (next_ != nullptr) {
    index_->heads_[flow_] = next_;
  } else {
    index_->heads_.erase(flow_);
  }
  index_ = nullptr;
  previous_ = next_ = nullptr;
  flow_ = {};
}

void FlowIndex::join(FlowMember& member, FlowId flow) {
  member.leave();
  if (!flow) return;
  FlowMember*& head = heads_[flow];
  member.index_ = this;
  member.flow_ = flow;
  member.next_ = head;
  if (head != nullptr) head->previous_ = &member;
  head = &member;
}

std::vector<std::uint64_t> FlowIndex::owners(FlowId flow) const {
  std::vector<std::uint64_t> out;
  const auto at = heads_.find(flow);
  if (at == heads_.end()) return out;
  for (const FlowMember* member = at->second; member != nullptr; member = member->next_)
    out.push_back(member->owner_);
  return out;
}

}  // namespace ringwall::sip
