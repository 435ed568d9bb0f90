#include "sip/transaction/flow_index.h"

namespace ringwall::sip {

FlowMember** FlowIndex::head_of(FlowId flow) {
  return heads_.find(flow.value, [flow](const FlowMember* head) { return head->flow_ == flow; });
}

void FlowMember::leave() {
  if (index_ == nullptr) return;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else if (next_ != nullptr) {
    *index_->head_of(flow_) = next_;
  } else {
    index_->heads_.erase(flow_.value, [this](const FlowMember* head) { return head == this; });
  }
  index_ = nullptr;
  previous_ = next_ = nullptr;
  flow_ = {};
}

void FlowIndex::join(FlowMember& member, FlowId flow) {
  member.leave();
  if (!flow) return;
  member.index_ = this;
  member.flow_ = flow;
  FlowMember** head = head_of(flow);
  if (head == nullptr) return heads_.insert(flow.value, &member);
  member.next_ = *head;
  (*head)->previous_ = &member;
  *head = &member;
}

std::vector<std::uint64_t> FlowIndex::owners(FlowId flow) {
  std::vector<std::uint64_t> out;
  FlowMember** head = head_of(flow);
  for (const FlowMember* member = head == nullptr ? nullptr : *head; member != nullptr; member = member->next_)
    out.push_back(member->owner_);
  return out;
}

}  // namespace ringwall::sip
