#pragma once

#include <deque>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sip/endpoint/endpoint.h"

/// Two endpoints on a network made of a clock and a seed: for tests. Nothing here waits, and each run repeats exactly.
namespace ringwall::sip::simulated {

using namespace std::chrono_literals;

struct Party {
  Party(std::string which, std::string address, std::uint64_t seed)
      : name(std::move(which)), ip(std::move(address)), random(seed), endpoint(options()) {}

  EndpointOptions options() {
    EndpointOptions out;
    out.name = name;
    out.host = ip;
    out.local = [this](Transport transport) {
      return NetAddress{ip, static_cast<std::uint16_t>(transport == Transport::tls ? 5061 : 5060)};
    };
    out.random = [this] { return random(); };
    out.allow_events = "dialog, message-summary, presence, refer";
    out.supported = "norefersub, replaces";
    return out;
  }

  /// The first event not yet taken, if it is of that type.
  template <class Wanted>
  std::optional<Wanted> take() {
    if (events.empty() || !std::holds_alternative<Wanted>(events.front())) return std::nullopt;
    Wanted out = std::get<Wanted>(std::move(events.front()));
    events.pop_front();
    return out;
  }

  std::string name;
  std::string ip;
  std::mt19937_64 random;
  Endpoint endpoint;
  std::deque<Event> events;
  std::function<void(std::string&)> leaving, arriving;  ///< changes what it sends, what it receives
  std::function<bool(const Event&)> answer;             ///< true: the event is dealt with, and not kept
};

/// What the network does to a UDP datagram, in parts of 100.
struct Weather {
  int loss = 0;
  int duplication = 0;
  int reorder = 0;  ///< delayed by up to half a second
};

class Network {
 public:
  explicit Network(Transport transport, std::uint64_t seed = 1, Weather weather = {})
      : ada("ada", "10.0.0.1", seed * 2 + 1),
        bob("bob", "10.0.0.2", seed * 2 + 2),
        transport_(transport),
        weather_(weather),
        random_(seed) {}

  Party ada;
  Party bob;
  Time now{1000s};
  std::vector<std::string> wire;  ///< "ada INVITE", "bob 180 INVITE": what was sent, in order
  std::vector<Transmit> transmits;
  std::function<bool(const Message&)> drop;  ///< true: this message is lost

  [[nodiscard]] Route to(const Party& party) const {
    return {
        {}, transport_, {party.ip, static_cast<std::uint16_t>(transport_ == Transport::tls ? 5061 : 5060)}, party.name};
  }
  [[nodiscard]] Outgoing call(const Party& party, std::string body = "offer") const {
    Outgoing out;
    out.route = to(party);
    out.request_uri = "sip:" + party.name + "@" + party.ip;
    out.from = "<sip:caller@example.test>";
    out.to = "<" + out.request_uri + ">";
    out.body = sdp_body(std::move(body));
    return out;
  }
  [[nodiscard]] Flow flow_at(const Party& party) const {
    const Party& other = &party == &ada ? bob : ada;
    const bool outgoing = &party == &ada;
    return {FlowId{connection_},
            transport_,
            {party.ip, outgoing ? std::uint16_t{40000} : std::uint16_t{5061}},
            {other.ip, outgoing ? std::uint16_t{5061} : std::uint16_t{40000}},
            outgoing,
            outgoing ? other.name : std::string(),
            {}};
  }

  /// Collects what both want to send, and tells their events.
  void pump() {
    bool busy = true;
    while (busy) {
      busy = false;
      for (Party* party : {&ada, &bob})
        busy = pump(*party) || busy;
    }
  }
  /// Lets `span` pass, with every timer and delivery at its own time.
  void run(Duration span) {
    const Time end = now + span;
    for (pump();; pump()) {
      Time next = in_flight_.empty() ? Time::max() : in_flight_.begin()->first;
      for (const Party* party : {&ada, &bob})
        if (const auto timer = party->endpoint.next_timer()) next = std::min(next, *timer);
      if (next > end) break;
      now = std::max(now, next);
      deliver();
      for (Party* party : {&ada, &bob})
        party->endpoint.expire(now);
    }
    now = end;
  }
  /// The connection between the two closes; what is under way is lost.
  void close() {
    const FlowId closed{connection_++};
    in_flight_.clear();
    for (Party* party : {&ada, &bob})
      party->endpoint.flow_closed(closed, now);
  }
  void inject(Party& to, std::string_view bytes) {
    to.endpoint.receive(flow_at(to), bytes, now);
    pump();
  }
  [[nodiscard]] bool idle() const {
    return ada.endpoint.leg_count() + ada.endpoint.transaction_count() + ada.endpoint.subscription_count() +
               bob.endpoint.leg_count() + bob.endpoint.transaction_count() + bob.endpoint.subscription_count() ==
           0;
  }

 private:
  struct Datagram {
    Party* to;
    std::string bytes;
  };

  bool pump(Party& party) {
    bool busy = false;
    while (auto out = party.endpoint.poll_transmit()) {
      busy = true;
      transmit(party, std::move(*out));
    }
    while (auto event = party.endpoint.poll_event()) {
      busy = true;
      if (!party.answer || !party.answer(*event)) party.events.push_back(std::move(*event));
    }
    return busy;
  }
  void transmit(Party& from, Transmit out) {
    if (from.leaving) from.leaving(out.bytes);
    transmits.push_back(out);
    const auto message = Message::parse(out.bytes);
    if (!message) return wire.push_back(from.name + " MALFORMED " + message.error().reason);
    const std::string what = message->is_request() ? std::string(message->method_name())
                                                   : fmt::format("{} {}", message->status(), message->method_name());
    wire.push_back(from.name + " " + what);
    if (out.route.flow && out.route.flow != FlowId{connection_})
      return from.endpoint.send_failed(out.id, {"the connection is closed", {}, {}}, now);
    if (drop && drop(*message)) return;
    Party& to = &from == &ada ? bob : ada;
    if (transport_ != Transport::udp) return fly(10ms, to, std::move(out.bytes));
    if (chance(weather_.loss)) return;
    if (chance(weather_.duplication)) fly(delay(), to, out.bytes);
    fly(delay(), to, std::move(out.bytes));
  }
  void fly(Duration time, Party& to, std::string bytes) {
    in_flight_.emplace(now + time, Datagram{&to, std::move(bytes)});
  }
  void deliver() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now) {
      Datagram next = std::move(in_flight_.begin()->second);
      in_flight_.erase(in_flight_.begin());
      if (next.to->arriving) next.to->arriving(next.bytes);
      next.to->endpoint.receive(flow_at(*next.to), next.bytes, now);
    }
  }
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  Duration delay() {
    return chance(weather_.reorder) ? std::chrono::milliseconds(10 + random_() % 500) : Duration(10ms);
  }

  Transport transport_;
  Weather weather_;
  std::mt19937_64 random_;
  std::uint64_t connection_ = 1;
  std::multimap<Time, Datagram> in_flight_;
};

}  // namespace ringwall::sip::simulated
