#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sip/message/message.h"
#include "sip/transaction/client_invite.h"
#include "sip/transaction/client_non_invite.h"
#include "sip/transaction/flow_index.h"
#include "sip/transaction/hash_index.h"

namespace ringwall::sip {

using TransactionId = StrongId<struct TransactionTag>;

/// One request of ours: its machine, where it goes, and what is needed to repeat, acknowledge or cancel it.
struct ClientTransaction {
  ClientTransaction(TransactionId which, Method what) : id(which), method(what), member(which.value) {}

  TransactionId id;
  Method method;
  std::string branch;
  std::string
      request;  ///< its bytes; empty for a non-INVITE request on a reliable transport, which is never sent again
  Route route;
  std::variant<ClientInvite, ClientNonInvite> machine{ClientNonInvite({}, Time{})};
  TimerSlot slot;
  FlowMember member;
  std::vector<std::pair<std::string, std::string>> acks;  ///< To tag of a final response, and the ACK for it
  std::uint64_t user = 0;                                 ///< the transaction user's own number, opaque here
  std::uint8_t purpose = 0;                               ///< the same
  bool rerouted = false;                                  ///< was given a second destination after the first one failed
  std::uint8_t challenges = 0;                            ///< answered before this one (RFC 3261 section 22)

  [[nodiscard]] const std::string* find_ack(std::string_view to_tag) const;
  Step receive(int status, Time now);
  Step expire(Time now);
  Step transport_failed();
  void give_up(Time now);                  ///< see ClientInvite
  [[nodiscard]] bool provisional() const;  ///< an INVITE that has a provisional response, and no final one
  [[nodiscard]] bool terminated() const;
  [[nodiscard]] bool answered() const;  ///< by a final response
  [[nodiscard]] Time next_timer() const;
};

/// All client transactions of an endpoint, found by RFC 3261 section 17.1.3: branch and method.
class ClientTable {
 public:
  /// `branch` is unique, except that a CANCEL has that of its INVITE.
  ClientTransaction& add(TransactionId id, Method method, std::string branch, const Timing& timing, Time now);
  ClientTransaction* find(const Message& response);
  ClientTransaction* find(TransactionId id);
  void erase(TransactionId id);
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  using ByBranch = HashIndex<ClientTransaction*>;
  ByBranch& branches(Method method) { return method == Method::cancel ? cancels_ : by_branch_; }

  HashIndex<std::unique_ptr<ClientTransaction>> by_id_;
  ByBranch by_branch_;
  ByBranch cancels_;
};

/// The ACK for a non-2xx final response (section 17.1.1.3) and the CANCEL (section 9.1) of an INVITE of ours.
/// `extra` are headers to add to the CANCEL. Views need only live during the call.
std::string make_ack(std::string_view invite, const Message& response);
std::string make_cancel(std::string_view invite, const std::vector<std::pair<std::string, std::string>>& extra);

}  // namespace ringwall::sip
