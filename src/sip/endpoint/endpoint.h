#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"
#include "sip/message/message.h"
#include "sip/transport/flow.h"

namespace ringwall::sip {

using LegId = StrongId<struct LegTag>;          ///< one INVITE usage: from the first INVITE to the end of its dialog
using RequestId = StrongId<struct RequestTag>;  ///< one outgoing request that is no INVITE
using ServerRequestId = StrongId<struct ServerRequestTag>;  ///< one received request that waits for respond()
using TransmitId = StrongId<struct TransmitTag>;
using SubscriptionId = StrongId<struct SubscriptionTag>;  ///< one subscription, ours or a peer's (RFC 6665)

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Body of a request or response. Empty type = no body.
struct Body {
  std::string type;
  std::string content;
};
inline Body sdp_body(std::string sdp) {
  return sdp.empty() ? Body{} : Body{"application/sdp", std::move(sdp)};
}

/// A request outside a dialog.
struct Outgoing {
  Route route;
  std::string request_uri;
  std::string from;  ///< name-addr without tag: "\"Ada\" <sip:1001@ringwall.test>"
  std::string to;
  Headers headers;
  Body body;
  std::string call_id;      ///< empty: a new one
  std::string session_id;   ///< our side's UUID (RFC 7989), 32 hex digits; empty: a new one for a call, else none
  std::string method_name;  ///< with Method::other: a method that is none of the RFCs' ("PING")
};

/// What a final response that we send says beside its code.
struct Answer {
  int status = 200;
  std::string reason;  ///< empty: the RFC's phrase
  Headers headers;     ///< e.g. {"Warning", ...}
  Body body;
};

/// Session timers (RFC 4028). The endpoint negotiates them, refreshes, and ends a call whose peer has gone.
struct SessionTimers {
  std::chrono::seconds interval{1800};  ///< asked for in our INVITEs and granted in answers; 0: none of our own
  std::chrono::seconds minimum{90};     ///< Min-SE: a shorter one is answered 422
};

/// Reliable provisional responses (RFC 3262) for the peers' INVITEs.
enum class Reliability : std::uint8_t {
  never,       ///< 100rel is not offered; a peer that requires it gets 420
  on_request,  ///< a response that the peer requires to be reliable is so, and one with SDP if it supports that
  always       ///< every 101-199 to a peer that supports it
};

/// What a request of ours was challenged with, and what it was: enough to write credentials for its repetition.
struct Challenged {
  const Message& response;  ///< 401 or 407 with one or more challenges
  std::string_view method;
  std::string_view request_uri;
  std::string_view body;
  std::string_view peer;  ///< Route::peer that it was sent to: whose secrets the credentials may be made with
};

struct EndpointOptions {
  std::string name;  ///< the element's name, for User-Agent/Server and logs
  std::string host;  ///< what Via, Contact and Call-ID show: the element's host name or address
  std::function<NetAddress(Transport)> local;  ///< our listening address per transport, for Via and Contact
  std::function<std::uint64_t()> random;       ///< cryptographic randomness for tags, branches and Call-IDs
  Duration t1 = std::chrono::milliseconds(500);
  Duration t2 = std::chrono::seconds(4);
  Duration t4 = std::chrono::seconds(5);
  /// An INVITE that got no other response for so long gets a 100 (RFC 3261 section 17.2.1: at most 200 ms). 0: at once.
  Duration trying_after{0};
  /// For Allow; a request whose method is not in it is answered 405.
  std::string allow =
      "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, MESSAGE, NOTIFY, PUBLISH, REFER, REGISTER, SUBSCRIBE";
  /// Option tags ("path, outbound") for Supported, beside those that the endpoint takes by itself (timer, 100rel,
  /// replaces, ...); any other one in a Require gets 420.
  std::string supported;
  /// Event packages ("dialog, presence") that a SUBSCRIBE may name, for Allow-Events; any other one gets 489.
  std::string allow_events;
  /// A subscription that is asked for a shorter time gets 423 (RFC 6665 section 4.2.1.1).
  std::chrono::seconds subscription_shortest{60};
  SessionTimers session_timers;
  Reliability reliability = Reliability::on_request;
  /// RFC 7339: offered in requests, obeyed, and announced in responses when load() says that there is too much to do.
  bool overload_control = false;
  /// Credentials for a challenged request (RFC 3261 section 22): the headers to repeat it with, each once; empty: the
  /// 401 or 407 is final.
  std::function<Headers(const Challenged&)> authorize;
};

// What happened. Each carries the message that caused it; views into it live as long as the event.
struct IncomingInvite {
  LegId leg;
  Flow flow;
  MessagePtr message;
  LegId replaces{};  ///< the leg that its Replaces names (RFC 3891), checked: accept() this one, hang up that one
};  ///< 100 is seen to; provisional/accept/reject it
struct IncomingRequest {
  ServerRequestId id;
  LegId leg;
  Flow flow;
  MessagePtr message;
};  ///< any other method; leg is set inside a dialog. respond() to it
struct Progress {
  LegId leg;
  MessagePtr message;
  bool offers = false;  ///< a reliable one that holds an offer: prack() it with our answer. Others are PRACKed here
};  ///< 101-199 to our INVITE
struct Answered {
  LegId leg;
  MessagePtr message;
};  ///< 2xx to our INVITE or re-INVITE: ack() it
struct Refused {
  LegId leg;
  int status;
  std::string reason;
  MessagePtr message;
  bool reinvite;
  bool cut = false;  ///< never sent: its server asked for fewer requests (RFC 7339)
};  ///< final failure; message is null for a local one (408, 503). The leg is over unless it was a re-INVITE
struct Reinvited {
  LegId leg;
  MessagePtr message;
};  ///< accept() or reject() it
struct Acked {
  LegId leg;
  MessagePtr message;
};  ///< ACK for our 2xx (its body may hold the answer)
struct Ended {
  LegId leg;
  std::string reason;
  MessagePtr message;
};  ///< BYE (message), CANCEL (message), or local: no ACK, flow lost. The leg is over
struct Completed {
  RequestId id;
  int status;
  std::string reason;
  MessagePtr message;
};  ///< final response, or a local 408/503 without message
/// A PRACK that holds SDP: the answer to the offer in our reliable response, or an offer of its own.
struct Pracked {
  LegId leg;
  ServerRequestId id;  ///< respond() to it, with our answer if it holds an offer; 0: answered already
  MessagePtr message;
};
/// A SUBSCRIBE that begins a subscription: accept_subscription() or reject_subscription() it.
struct IncomingSubscribe {
  SubscriptionId id;
  LegId leg;  ///< set inside a call's dialog
  Flow flow;
  MessagePtr message;
  std::chrono::seconds expires{};  ///< asked for; 0: wants one NOTIFY and no more
};
/// The subscriber has refreshed (or fetched again): notify() it of the whole state.
struct SubscriptionRefreshed {
  SubscriptionId id;
};
/// A NOTIFY for a subscription of ours; it was answered 200. The subscription of a REFER of ours has the number of its
/// RequestId. Where a SUBSCRIBE has forked, each dialog reports for itself: the From tag tells which.
struct Notified {
  SubscriptionId id;
  MessagePtr message;
};
/// A subscription is over: by the other side, by its time, by an error. Not after unsubscribe() or our own last notify.
struct SubscriptionEnded {
  SubscriptionId id;
  int status = 0;      ///< of the refused SUBSCRIBE; 0 else
  std::string reason;  ///< "timeout", "deactivated", "noresource", ... or words
};
using Event = std::variant<IncomingInvite, IncomingRequest, Progress, Answered, Refused, Reinvited, Acked, Ended,
                           Completed, Pracked, IncomingSubscribe, SubscriptionRefreshed, Notified, SubscriptionEnded>;

/// State of a subscription in a NOTIFY (RFC 6665 section 4.1.3).
struct SubscriptionState {
  enum class Value : std::uint8_t { active, pending, terminated };
  Value value = Value::active;
  std::string reason;                    ///< of `terminated`: "deactivated", "probation", "rejected", "timeout", ...
  std::chrono::seconds retry_after{-1};  ///< of `terminated`; negative: not said
};

/// Bytes to put on the wire. If that fails, tell send_failed() with the same id.
struct Transmit {
  TransmitId id;
  Route route;
  std::string bytes;
};

/// One user agent (RFC 3261 core: UAC and UAS) over the transaction and dialog layers. Sans-IO: bytes, time and
/// randomness are arguments; after any call, drain poll_transmit() and poll_event(), and arrange expire() at
/// next_timer().
class Endpoint {
 public:
  explicit Endpoint(EndpointOptions options);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;

  // From the wire.
  void receive(const Flow& flow, std::string_view message, Time now);  ///< one whole message
  /// What came of a message that its stream cannot be cut at: answered if it can be (RFC 3261 section 18.3).
  void receive_broken(const Flow& flow, std::string_view bytes, const ParseError& refusal);
  void transmitted(TransmitId id, FlowId flow);  ///< optional: which flow a Transmit without one went out on
  void send_failed(TransmitId id, const Error& why, Time now);
  void flow_closed(FlowId flow, Time now);
  void expire(Time now);
  /// How busy this process is: how late the last timer fired. To be told every 100 ms to 1 s; new requests are turned
  /// away while it is too busy. Returns how many percent of them from now on, and how many were so far.
  struct Overload {
    unsigned percent = 0;
    std::uint64_t turned_away = 0;
  };
  Overload load(Duration loop_delay, Time now);
  [[nodiscard]] std::optional<Time> next_timer() const;
  std::optional<Transmit> poll_transmit();
  std::optional<Event> poll_event();

  // Calls out.
  LegId invite(Outgoing request, Time now);  ///< body empty: delayed offer
  void ack(LegId leg, Body body, Time now);  ///< answers Answered; body holds our answer if the 2xx held the offer
  void reinvite(LegId leg, Body body, Time now, Headers headers = {});
  void prack(LegId leg, Body answer, Time now);  ///< answers a Progress that `offers`

  // Calls in, and re-INVITEs in.
  void provisional(LegId leg, int status, Body body, Time now, Headers headers = {});
  void accept(LegId leg, Body body, Time now, Headers headers = {});
  void reject(LegId leg, Answer answer, Time now);

  /// Ends the leg whatever its state: CANCEL, BYE, 487/603 or nothing. No Ended follows.
  void hang_up(LegId leg, Time now, Headers headers = {}, Body body = {});

  // Everything else.
  RequestId request(Method method, Outgoing request, Time now);
  RequestId request_in_dialog(LegId leg, Method method, Headers headers, Body body, Time now);
  void respond(ServerRequestId id, Answer answer, Time now);

  // Subscriptions (RFC 6665). A REFER is answered with accept_refer(): its implicit subscription (RFC 3515).
  void accept_subscription(SubscriptionId id, std::chrono::seconds expires, Time now, Headers headers = {});
  void reject_subscription(SubscriptionId id, Answer answer, Time now);
  void notify(SubscriptionId id, SubscriptionState state, Body body, Time now, Headers headers = {});
  SubscriptionId accept_refer(ServerRequestId id, Time now);  ///< 202 and a NOTIFY of "100 Trying"; 0: no such request
  SubscriptionId subscribe(Outgoing request, std::string event, std::chrono::seconds expires, Time now);
  void unsubscribe(SubscriptionId id, Time now);

  /// The leg whose dialog has these identifiers, as Replaces, Join and Target-Dialog name it; 0 if there is none.
  [[nodiscard]] LegId find_dialog(std::string_view call_id, std::string_view local_tag,
                                  std::string_view remote_tag) const;
  /// Our side's Session-ID UUID of a leg (RFC 7989) from now on: what a B2BUA passes on from the other side.
  void set_session_id(LegId leg, std::string uuid);

  /// Names the peer that a leg which came in belongs to, once the caller has matched its flow to a trunk, element or
  /// phone: the Route of later requests carries it if the flow is lost.
  void set_peer(LegId leg, std::string peer);

  /// What `show` prints of a leg; nothing once it is over.
  struct LegView {
    LegId id;
    bool outgoing;
    std::string state;  ///< "calling", "proceeding", "early", "confirmed", "terminating"
    std::string call_id, local_tag, remote_tag, local_uri, remote_uri;
    FlowId flow;
    NetAddress remote;
    std::string session_id, remote_session_id;  ///< RFC 7989: our side's UUID and the peer's; "" while unknown
    std::chrono::seconds session_interval{0};   ///< RFC 4028; 0: no session timer runs
    bool refresher = false;                     ///< we refresh
  };
  [[nodiscard]] std::optional<LegView> view(LegId leg) const;
  [[nodiscard]] std::size_t leg_count() const;
  [[nodiscard]] std::size_t transaction_count() const;
  /// Messages so far that were no SIP: whoever sent the last one did harm if it has grown.
  [[nodiscard]] std::uint64_t malformed_count() const;
  [[nodiscard]] std::size_t subscription_count() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::sip
