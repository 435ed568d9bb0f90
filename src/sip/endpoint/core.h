#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/drain.h"
#include "sip/dialog/answer_wait.h"
#include "sip/dialog/dialog.h"
#include "sip/endpoint/endpoint.h"
#include "sip/endpoint/invite_usage.h"
#include "sip/endpoint/late_pracks.h"
#include "sip/endpoint/own_names.h"
#include "sip/endpoint/session_id.h"
#include "sip/endpoint/subscription.h"
#include "sip/message/respond.h"
#include "sip/transaction/client_table.h"
#include "sip/transaction/flow_index.h"
#include "sip/transaction/hash_index.h"
#include "sip/transaction/server_table.h"
#include "sip/transaction/timing.h"
#include "sip/transport/overload.h"

namespace ringwall::sip {

/// What a client transaction is for.
enum class Purpose : std::uint8_t { invite, reinvite, cancel, bye, request, prack, refresh, subscribe, notify };

/// A dialog and the way to its peer: what its usages share (RFC 5057). A call is one, and so is each subscription.
struct DialogPath {
  DialogPath(std::uint64_t owner, bool ours) : outgoing(ours), member(owner) {}

  bool outgoing;  ///< our request made it
  Dialog dialog;
  Route route;                      ///< of the next request in the dialog
  NetAddress remote;                ///< where the peer was last seen
  std::vector<std::string> proven;  ///< what the peer's first connection proved of it: its names, or its address
  bool address_listens = true;      ///< route.address can be connected to; else it is an incoming connection's
  FlowMember member;
  SessionIdentity session_id;  ///< of a call
  std::uint32_t refers = 0;    ///< REFERs taken in this dialog: from the second on their subscriptions carry an id
  std::uint32_t refers_sent = 0;
  std::vector<Subscription*> subscriptions;  ///< in this dialog, on either side
};

/// A dialog that holds subscriptions and no call.
struct SubscriptionDialog : DialogPath {
  SubscriptionDialog(std::uint64_t which, bool ours) : DialogPath(which, ours), number(which) {}
  std::uint64_t number;
};

/// One INVITE usage (RFC 3261 sections 12 to 15).
///
///   ours:    calling -- 1xx --> proceeding -- tag --> early -- 2xx --> confirmed -- BYE --> terminating --> gone
///   theirs:  proceeding ------ provisional() -------> early -- accept() --> confirmed
///
/// `silent` is set when the application has hung up (or the leg is over for it): no event follows.
struct Leg : DialogPath {
  Leg(LegId which, bool ours) : DialogPath(which.value, ours), id(which) {}

  enum class State : std::uint8_t { calling, proceeding, early, confirmed, terminating };
  LegId id;
  State state = State::calling;
  bool silent = false;
  TimerSlot slot;

  TransactionId client_invite{};  ///< our INVITE, from sending to its ACK
  std::uint32_t invite_cseq = 0;  ///< its number
  bool ack_due = false;           ///< a 2xx came, the application has not said ack() yet
  OwnReinvite own;
  std::vector<Fork> forks;                  ///< early dialogs beside the current one, which spoke last
  std::vector<UnansweredOffer> unanswered;  ///< offers in reliable responses, oldest first
  std::uint32_t rseq = 0;                   ///< see Fork

  OfferAnswerState session;
  TransactionId own_update{};   ///< an UPDATE of ours without final response
  TransactionId peer_update{};  ///< one of the peer's
  SessionClock clock;
  std::string description;    ///< the SDP that we sent last
  std::uint64_t heard = 0;    ///< description_mark() of the peer's last one
  bool peer_updates = false;  ///< the peer's Allow holds UPDATE

  TransactionId server_invite{};     ///< the peer's INVITE without final answer
  std::optional<AnswerWait> answer;  ///< our 2xx without ACK
  std::string answer_bytes;
  Route answer_route;
  bool acked = false;             ///< the dialog's first INVITE is done with
  std::string provisional_bytes;  ///< repeated every minute (section 13.3.1.1)
  Time provisional_again = never;
  int provisional_status = 0;
  std::unique_ptr<ReliableProvisionals> reliable;  ///< of the INVITE under way, or the last one

  bool cancel_sent = false;
  bool bye_due = false;  ///< hung up before the peer's ACK
  Headers bye_headers;
  Body bye_body;

  [[nodiscard]] Time next_timer() const;
};

struct Endpoint::Core {
  explicit Core(EndpointOptions given);

  // --- the wire (receive.cc, receive_request.cc, receive_response.cc, flows.cc, timers.cc)
  void receive(const Flow& flow, std::string_view bytes, Time now);
  std::uint64_t malformed = 0;
  void answer_malformed(const Flow& flow, std::string_view bytes, const ParseError& error);
  void receive_request(const Flow& flow, MessagePtr message, Time now);
  bool receive_known(const MessagePtr& message, Time now);
  static bool is_same_peer(const DialogPath& path, const Flow& flow);
  bool refuse_early(const Flow& flow, const Message& message);
  void receive_ack(const Flow& flow, const MessagePtr& message, Time now);
  void receive_cancel(const Flow& flow, const MessagePtr& message, Time now);
  void receive_in_dialog(const Flow& flow, const MessagePtr& message, Time now);
  void receive_new(const Flow& flow, const MessagePtr& message, Time now);
  void receive_response(const Flow& flow, MessagePtr message, Time now);
  void send_failed(TransmitId id, const Error& why, Time now);
  void flow_closed(FlowId flow, Time now);
  void expire(Time now);
  void expire_leg(Leg& leg, Time now);

  // --- transactions (transactions.cc)
  ClientTransaction& start_client(Method method, std::string branch, std::string bytes, const Route& route,
                                  Purpose purpose, LegId leg, Time now);
  void apply(ClientTransaction& transaction, Step step, const MessagePtr& message, const Error& why, int status,
             Time now);
  void promise_trying(ServerTransaction& transaction, Time now);
  ServerTransaction& start_server(const Flow& flow, const MessagePtr& message, Time now);
  void apply(ServerTransaction& transaction, Step step, Time now);
  void respond(ServerTransaction& transaction, int status, const Answer& answer, Time now, std::string* kept = nullptr);
  std::string print_response(const ServerTransaction& transaction, int status, const Answer& answer) const;
  void refuse(const Flow& flow, const Message& request, int status, std::span<const HeaderLine> headers = {});
  void final_response(ClientTransaction& transaction, const MessagePtr& message, Time now);
  [[nodiscard]] Headers answer_challenge(const ClientTransaction& transaction, const Message& refusal) const;
  bool authorize(ClientTransaction& transaction, const MessagePtr& refusal, Time now);  // authorize.cc
  bool repeat_request(ClientTransaction& transaction, const Headers& headers, Time now);
  void no_response(ClientTransaction& transaction, int status, const Error& why, Time now);

  // --- Session-ID (session_id.cc)
  std::string new_session_id();
  static std::string given_session_id(const Outgoing& request);

  // --- our INVITE (invite_out.cc) and its re-INVITEs (reinvite.cc)
  LegId invite(Outgoing request, Time now);
  void ack(LegId id, const Body& body, Time now);
  void invite_response(ClientTransaction& transaction, const MessagePtr& message, Time now);
  void invite_provisional(ClientTransaction& transaction, Leg& leg, const MessagePtr& message, Time now);
  void invite_success(ClientTransaction& transaction, Leg& leg, const MessagePtr& message, Time now);
  void invite_failure(ClientTransaction& transaction, Leg& leg, int status, std::string reason,
                      const MessagePtr& message, Time now);
  void end_fork(ClientTransaction& transaction, const MessagePtr& message, Time now);
  void send_ack(Leg& leg, const Body& body);
  void send_cancel(Leg& leg, Time now);
  void reinvite(LegId id, Body body, Time now, Headers headers);
  void advance_reinvite(Leg& leg, Time now);
  void reinvite_failure(Leg& leg, int status, std::string reason, const MessagePtr& message, Time now);

  bool repeat_invite(ClientTransaction& transaction, Leg& leg, const Headers& changed, Time now);
  bool retry_longer(ClientTransaction& transaction, Leg& leg, const MessagePtr& refusal, Time now);

  // --- early dialogs of our INVITE (forks.cc), its reliable responses (reliable_out.cc)
  static bool follow_fork(const ClientTransaction& transaction, Leg& leg, const Message& response);
  static void choose_fork(const ClientTransaction& transaction, Leg& leg, const Message& success);
  static bool select_fork(Leg& leg, std::string_view remote_tag);
  static OfferAnswerState* find_session(Leg& leg, std::string_view remote_tag);
  void prack(LegId id, const Body& answer, Time now);
  void send_prack(Leg& leg, std::uint32_t rseq, std::uint32_t cseq, const Body& body, Time now);

  // --- the peer's INVITE (invite_in.cc)
  void receive_invite(const Flow& flow, const MessagePtr& message, Time now);
  void receive_reinvite(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now);
  void provisional(LegId id, int status, Body body, Time now, Headers headers);
  void accept(LegId id, Body body, Time now, Headers headers);
  void reject(LegId id, Answer answer, Time now);
  void no_ack(Leg& leg, Time now);
  void send_success(Leg& leg, ServerTransaction& transaction, Body body, Headers headers, Time now);

  // --- our reliable responses to it (reliable_in.cc)
  [[nodiscard]] bool is_reliable(const Message& invite, const Body& body) const;
  void queue_reliable(Leg& leg, const Message& invite, int status, Body body, Headers headers, Time now);
  void advance_reliable(Leg& leg, Time now);
  void receive_prack(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now);
  void no_prack(Leg& leg, Time now);
  void close_provisionals(Leg& leg, Time now);
  void answer_late_prack(const Flow& flow, const MessagePtr& message, Time now);
  LatePracks late_pracks;

  // --- UPDATE (update.cc)
  void receive_update(const Flow& flow, Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now);
  [[nodiscard]] bool may_update(const Leg& leg, bool with_offer) const;
  void update_response(Leg& leg, const Message& response, Time now);
  void update_failed(Leg& leg, Time now);
  void settle_peer_update(Leg& leg);
  void settle_answer(Leg& leg, const ServerTransaction& transaction, Answer& answer, Time now);
  void refuse_overlap(ServerTransaction& transaction, Time now);

  // --- the session timer (session_timer.cc) and its refresh (refresh.cc)
  [[nodiscard]] SessionWishes session_wishes() const;
  [[nodiscard]] bool refuse_short_session(const Leg* leg, const Message& request, std::string& min_se) const;
  void ask_for_session(const Leg* leg, Headers& headers) const;
  void grant_session_to(Leg& leg, const Message& request, Headers& headers, Time now);
  void take_session(Leg& leg, const Message& success, Time now);
  void start_session(Leg& leg, const SessionTerms& terms, Time now);
  void expire_session(Leg& leg, Time now);
  void refresh_session(Leg& leg, Time now);
  void refresh_response(Leg& leg, const MessagePtr& message, Time now);
  void refresh_invite_answered(Leg& leg, const MessagePtr& changed, Time now);
  void refresh_failed(Leg& leg, int status, const MessagePtr& message, Time now);
  static bool hear(Leg& leg, const Message& message);

  // --- the end of a leg (hang_up.cc)
  void hang_up(LegId id, Time now, Headers headers, Body body);
  void send_bye(Leg& leg, Time now);
  void give_up_invite(Leg& leg, Time now);
  void receive_bye(Leg& leg, ServerTransaction& transaction, const MessagePtr& message, Time now);
  void close_server_invite(Leg& leg, int status, Time now);
  void end_by_us(Leg& leg, std::string reason, Time now);
  void end_leg(Leg& leg, std::string reason, MessagePtr message);
  void erase(Leg& leg);

  // --- other requests (requests.cc)
  RequestId request(Method method, Outgoing request, Time now);
  RequestId request_in_dialog(LegId id, Method method, const Headers& headers, const Body& body, Time now);
  void respond(ServerRequestId id, Answer answer, Time now);

  // --- subscriptions (subscription.cc), the peers' (subscription_in.cc) and ours (subscription_out.cc)
  [[nodiscard]] DialogPath* path_of(std::uint64_t user);
  DialogPath& path_of(Subscription& subscription);
  static Subscription* find_subscription(DialogPath& path, Subscription::Side side, const Message& message);
  Subscription& add_subscription(std::shared_ptr<SubscriptionDialog> own, Leg* leg);
  std::shared_ptr<SubscriptionDialog> add_dialog(bool outgoing, Dialog dialog);
  [[nodiscard]] bool can_subscribe(const DialogPath* path) const;
  void leave_leg(Leg& leg);
  void end_subscription(Subscription& subscription, int status, std::string reason);
  void erase(Subscription& subscription);
  void expire_subscription(Subscription& subscription, Time now);
  void schedule(Subscription& subscription);
  void harm(Subscription& subscription, int status, Time now);
  void receive_in_subscription(const Flow& flow, const MessagePtr& message, Time now);

  void receive_new_subscribe(const Flow& flow, const MessagePtr& message, Time now);
  void receive_subscribe(DialogPath& path, Leg* leg, const Flow& flow, ServerTransaction& transaction, Time now);
  [[nodiscard]] std::optional<Answer> object_to_subscribe(const Message& message, const DialogPath* path) const;
  void offer_subscription(Subscription& subscription, const Flow& flow, ServerTransaction& transaction, Time now);
  void refresh_subscription(Subscription& subscription, ServerTransaction& transaction, Time now);
  void accept_subscription(SubscriptionId id, std::chrono::seconds expires, Time now, Headers headers);
  void reject_subscription(SubscriptionId id, const Answer& answer, Time now);
  void notify(SubscriptionId id, Notification notification, Time now);
  void notify(Subscription& subscription, Notification notification, Time now);
  void close_subscription(Subscription& subscription, std::string reason, Time now);
  void send_notify(Subscription& subscription, Time now);
  void notify_answered(const ClientTransaction& transaction, int status, bool local, Time now);

  SubscriptionId subscribe(Outgoing request, const std::string& event, std::chrono::seconds expires, Time now);
  void unsubscribe(SubscriptionId id, Time now);
  void send_subscribe(Subscription& subscription, std::chrono::seconds expires, Time now);
  void subscribe_answered(const ClientTransaction& transaction, int status, const std::string& reason,
                          const MessagePtr& message, Time now);
  void grant(Subscription& subscription, std::chrono::seconds expires, Time now) const;
  SubscriptionDialog* take_fork(const Message& notify, Time now);
  void receive_notify(DialogPath& path, ServerTransaction& transaction, const MessagePtr& message, Time now);

  // --- REFER (refer.cc) and Replaces (replaces.cc)
  SubscriptionId accept_refer(ServerRequestId id, Time now);
  void expect_refer(std::shared_ptr<SubscriptionDialog> own, Leg* leg, const ClientTransaction& transaction,
                    std::uint32_t cseq, Time now);
  void refer_answered(const ClientTransaction& transaction, const MessagePtr& message);
  [[nodiscard]] bool supports(std::string_view tag) const;
  [[nodiscard]] Leg* find_dialog(std::string_view call_id, std::string_view local_tag,
                                 std::string_view remote_tag) const;
  [[nodiscard]] std::expected<LegId, int> find_replaced(const Message& invite) const;

  // --- writing (write.cc)
  std::string new_branch(std::string_view request_uri = {});
  [[nodiscard]] bool is_loop(const Message& request) const;
  std::string new_token();
  std::string new_call_id();
  [[nodiscard]] std::string response_via(const Message& request, const NetAddress& source) const;
  std::string write_outgoing(Method method, const Outgoing& request, std::string_view call_id, std::string_view tag,
                             std::string_view branch);
  std::string write_in_dialog(const DialogPath& path, Method method, std::uint32_t cseq, std::string_view branch,
                              const Headers& headers, const Body& body) const;
  std::string write_again(const Message& first, Transport transport, std::string_view branch, std::uint32_t cseq,
                          const Headers& changed) const;  // retry.cc
  std::string finish(MessageWriter& writer, Method method, const Route& route, bool sips, const Headers& headers,
                     const Body& body) const;

  // --- small things (core.cc)
  Leg* leg(LegId id);
  Leg* leg(std::uint64_t id) { return leg(LegId{id}); }
  [[nodiscard]] const Leg* find_leg(LegId id) const;
  [[nodiscard]] Leg* find_leg(std::string_view local_tag) const;
  Leg* find_leg(const Message& request);
  Leg& add_leg(bool outgoing, Dialog dialog);
  void bind(DialogPath& path, const Flow& flow);
  static void lose_flow(DialogPath& path);
  void schedule(Leg& leg) { timers.schedule(leg.id.value, leg.slot, leg.next_timer()); }
  void send(std::uint64_t owner, const Route& route, std::string bytes);
  bool reroute(ClientTransaction& transaction);
  void flow_lost(ServerTransaction& transaction, Time now);
  [[nodiscard]] Timing timing(Transport transport) const;
  [[nodiscard]] std::size_t transactions() const { return clients.size() + servers.size(); }
  [[nodiscard]] bool full() const;
  TransactionId next_transaction() { return TransactionId{++last_id}; }

  EndpointOptions options;
  OwnNames own_names{options};
  std::string server_text;                   ///< of Server and User-Agent
  std::array<bool, method_count> allowed{};  ///< what options.allow says
  std::string marker;         ///< what our branches begin with: a request of ours that comes back is seen
  std::uint64_t last_id = 0;  ///< transactions and legs share one row of numbers, so a timer names either
  std::uint8_t last_transmit = 0;
  std::uint32_t last_cseq = 0;  ///< of requests outside dialogs: grows, so that a repeated Call-ID stays in order
  HashKey key;
  OverloadClient overload_out;
  OverloadServer overload_in;
  std::uint64_t turned_away = 0;  ///< new requests that were answered 503 because of it
  FlowIndex flows;                // before its members
  ClientTable clients;
  ServerTable servers;
  TimerQueue timers;
  HashIndex<std::unique_ptr<Leg>> legs;  ///< by id
  HashIndex<Leg*> legs_by_tag;           ///< by our tag, which no peer chooses
  SubscriptionTable subscriptions;
  Drain<Transmit> transmits;
  Drain<Event> events;
};

}  // namespace ringwall::sip
