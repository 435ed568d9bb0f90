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
  std::string call_id;  ///< empty: a new one
};

/// What a final response that we send says beside its code.
struct Answer {
  int status = 200;
  std::string reason;  ///< empty: the RFC's phrase
  Headers headers;     ///< e.g. {"Warning", ...}
  Body body;
};

struct EndpointOptions {
  std::string name;  ///< the element's name, for User-Agent/Server and logs
  std::string host;  ///< what Via, Contact and Call-ID show: the element's host name or address
  std::function<NetAddress(Transport)> local;  ///< our listening address per transport, for Via and Contact
  std::function<std::uint64_t()> random;       ///< cryptographic randomness for tags, branches and Call-IDs
  Duration t1 = std::chrono::milliseconds(500);
  Duration t2 = std::chrono::seconds(4);
  Duration t4 = std::chrono::seconds(5);
  /// For Allow; a request whose method is not in it is answered 405.
  std::string allow =
      "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, MESSAGE, NOTIFY, PUBLISH, REFER, REGISTER, SUBSCRIBE";
  std::string supported;  ///< option tags ("path, outbound") for Supported; any other one in a Require gets 420
};

// What happened. Each carries the message that caused it; views into it live as long as the event.
struct IncomingInvite {
  LegId leg;
  Flow flow;
  MessagePtr message;
};  ///< 100 was sent; provisional/accept/reject it
struct IncomingRequest {
  ServerRequestId id;
  LegId leg;
  Flow flow;
  MessagePtr message;
};  ///< any other method; leg is set inside a dialog. respond() to it
struct Progress {
  LegId leg;
  MessagePtr message;
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
using Event =
    std::variant<IncomingInvite, IncomingRequest, Progress, Answered, Refused, Reinvited, Acked, Ended, Completed>;

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
  void transmitted(TransmitId id, FlowId flow);  ///< optional: which flow a Transmit without one went out on
  void send_failed(TransmitId id, const Error& why, Time now);
  void flow_closed(FlowId flow, Time now);
  void expire(Time now);
  [[nodiscard]] std::optional<Time> next_timer() const;
  std::optional<Transmit> poll_transmit();
  std::optional<Event> poll_event();

  // Calls out.
  LegId invite(Outgoing request, Time now);  ///< body empty: delayed offer
  void ack(LegId leg, Body body, Time now);  ///< answers Answered; body holds our answer if the 2xx held the offer
  void reinvite(LegId leg, Body body, Time now, Headers headers = {});

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
  };
  [[nodiscard]] std::optional<LegView> view(LegId leg) const;
  [[nodiscard]] std::size_t leg_count() const;
  [[nodiscard]] std::size_t transaction_count() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::sip
