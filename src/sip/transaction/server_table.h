#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "sip/message/message.h"
#include "sip/transaction/client_table.h"
#include "sip/transaction/hash_index.h"
#include "sip/transaction/keyed_hash.h"
#include "sip/transaction/server_invite.h"
#include "sip/transaction/server_non_invite.h"

namespace ringwall::sip {

/// One request of a peer: its machine, the request (responses are built from it) and the last response.
struct ServerTransaction {
  ServerTransaction(TransactionId which, MessagePtr message)
      : id(which), request(std::move(message)), member(which.value) {}

  TransactionId id;
  MessagePtr request;
  std::string response;  ///< last one; kept only where it may have to be sent again
  std::string to_tag;    ///< the tag that all our responses but 100 carry
  std::string via;       ///< top Via with received and rport filled in
  Route route;           ///< back to where it came from
  bool reliable = true;
  std::variant<ServerInvite, ServerNonInvite> machine{ServerInvite({})};
  TimerSlot slot;
  FlowMember member;
  std::uint64_t user = 0;                        ///< the transaction user's own number, opaque here
  std::uint64_t match_hash = 0, merge_hash = 0;  ///< the table's

  Step receive_again();  ///< a retransmission of the request
  Step receive_ack(Time now);
  Step respond(int status, Time now);
  Step expire(Time now);
  Step transport_failed();
  [[nodiscard]] bool terminated() const;
  [[nodiscard]] bool answered() const;
  [[nodiscard]] Time next_timer() const;
};

/// How the top Via of a request names its transaction (RFC 3261 section 8.1.1.7).
enum class BranchKind : std::uint8_t {
  cookie,  ///< the magic cookie and an identifier: unique by itself
  bare,    ///< the magic cookie and nothing more: it promises an identifier and has none (RFC 4475 section 3.2.1)
  old,     ///< RFC 2543: the branch says nothing
};
BranchKind branch_kind(const Message& request);

/// All server transactions of an endpoint. Matching follows RFC 3261 section 17.2.3: with the magic cookie by branch,
/// sent-by, and method, where ACK matches INVITE; without it by Request-URI, tags, Call-ID, CSeq and top Via.
class ServerTable {
 public:
  explicit ServerTable(HashKey key) : key_(key) {}

  ServerTransaction& add(TransactionId id, MessagePtr request, const Timing& timing, Time now);
  /// The transaction that this request belongs to; for an ACK, the INVITE's.
  ServerTransaction* find(const Message& request) { return find_as(request, matching_method(request)); }
  /// The INVITE that this CANCEL is for (section 9.2).
  ServerTransaction* find_cancelled(const Message& cancel) { return find_as(cancel, "INVITE"); }
  /// True if a request that belongs to no transaction is another one's copy on another path (section 8.2.2.2).
  [[nodiscard]] bool is_merged(const Message& request) const;
  ServerTransaction* find(TransactionId id);
  void erase(TransactionId id);
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  using ByHash = HashIndex<ServerTransaction*>;
  static std::string_view matching_method(const Message& request);
  [[nodiscard]] std::uint64_t match_hash(const Message& request, std::string_view method) const;
  [[nodiscard]] std::uint64_t merge_hash(const Message& request) const;
  ServerTransaction* find_as(const Message& request, std::string_view method);

  HashKey key_;
  HashIndex<std::unique_ptr<ServerTransaction>> by_id_;
  ByHash by_match_;
  ByHash by_merge_;  ///< requests without To tag
};

}  // namespace ringwall::sip
