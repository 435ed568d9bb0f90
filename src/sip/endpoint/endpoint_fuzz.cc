// Drives one endpoint through its life: each operation is chosen by the next byte of the input. The peer's messages are
// made from what the endpoint itself has sent (so that tags, branches and numbers fit) and then damaged as the input
// says.
#include <random>

#include "base/check.h"
#include "sip/endpoint/endpoint.h"
#include "sip/message/respond.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;

class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t next() {
    if (bytes_.empty()) return 0;
    const auto out = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return out;
  }
  std::string_view take(std::size_t count) {
    const auto out = bytes_.substr(0, count);
    bytes_.remove_prefix(out.size());
    return out;
  }
  [[nodiscard]] bool done() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

class Play {
 public:
  explicit Play(Script script) : script_(script), endpoint_(options()) {}

  void run() {
    for (int step = 0; !script_.done() && step < 500; ++step) {
      act(script_.next());
      drain();
    }
    // Whatever happened: once everybody has hung up and every timer has run out, nothing is left.
    for (LegId leg : legs_)
      endpoint_.hang_up(leg, now_);
    for (int minute = 0; minute < 130; ++minute) {
      for (SubscriptionId subscription : subscriptions_)
        endpoint_.unsubscribe(subscription, now_);
      now_ += 60s;
      endpoint_.expire(now_);
      drain();
      for (LegId leg : legs_)
        endpoint_.hang_up(leg, now_);
    }
    CHECK(endpoint_.leg_count() == 0);
    CHECK(endpoint_.transaction_count() == 0);
    CHECK(endpoint_.subscription_count() == 0);
  }

 private:
  EndpointOptions options() {
    EndpointOptions out;
    out.name = "fuzzed";
    out.host = "10.0.0.1";
    out.local = [](Transport) { return NetAddress{"10.0.0.1", 5060}; };
    out.random = [this] { return random_(); };
    out.supported = "norefersub, replaces";
    out.allow_events = "dialog, presence, refer";
    return out;
  }
  Flow flow() {
    const std::uint8_t which = script_.next();
    const Transport transport = which & 1 ? Transport::udp : Transport::tls;
    return {FlowId{1U + which % 4U}, transport, {"10.0.0.1", 5060}, {"10.0.0.2", 5061}, (which & 2) != 0, "peer", {}};
  }
  SubscriptionId some_subscription() {
    return subscriptions_.empty() ? SubscriptionId{} : subscriptions_[script_.next() % subscriptions_.size()];
  }
  LegId some_leg() { return legs_.empty() ? LegId{} : legs_[script_.next() % legs_.size()]; }
  Body some_body() { return script_.next() & 1 ? sdp_body("v=0") : Body{}; }
  Outgoing outgoing() {
    Outgoing out;
    const Flow to = flow();
    out.route = {script_.next() & 1 ? to.id : FlowId{}, to.transport, to.remote, "peer"};
    out.request_uri = "sip:b@10.0.0.2";
    out.from = "<sip:a@10.0.0.1>";
    out.to = "<sip:b@10.0.0.2>";
    return out;
  }

  void act(std::uint8_t operation) {
    switch (operation % 29) {
      case 0:
        return receive(std::string(script_.take(script_.next())));
      case 1:
        return receive_request();
      case 2:
        return receive_response();
      case 3:
        return receive_in_dialog();
      case 4:
        return repeat_received();
      case 5:
        legs_.push_back(endpoint_.invite(outgoing(), now_));
        return;
      case 6:
        return endpoint_.ack(some_leg(), some_body(), now_);
      case 7:
        return endpoint_.reinvite(some_leg(), some_body(), now_);
      case 8:
        return endpoint_.provisional(some_leg(), 100 + script_.next() % 100, some_body(), now_);
      case 9:
        return endpoint_.accept(some_leg(), some_body(), now_);
      case 10:
        return endpoint_.reject(some_leg(), {.status = 200 + script_.next() * 2}, now_);
      case 11:
        return endpoint_.hang_up(some_leg(), now_);
      case 12:
        subscriptions_.push_back(
            SubscriptionId{endpoint_.request(static_cast<Method>(script_.next() % 15), outgoing(), now_).value});
        return;
      case 13:
        subscriptions_.push_back(SubscriptionId{
            endpoint_.request_in_dialog(some_leg(), static_cast<Method>(script_.next() % 15), {}, some_body(), now_)
                .value});
        return;
      case 14:
        return endpoint_.respond(last_request_, {.status = 100 + script_.next() * 2}, now_);
      case 15:
        return endpoint_.flow_closed(FlowId{1U + script_.next() % 4U}, now_);
      case 16:
        return endpoint_.send_failed(last_transmit_, {"no route", {}, {}}, now_);
      case 17:
        return endpoint_.transmitted(last_transmit_, FlowId{1U + script_.next() % 4U});
      case 27:
        return endpoint_.prack(some_leg(), some_body(), now_);
      case 28:
        return endpoint_.respond(last_prack_, {.status = 100 + script_.next() * 2, .body = some_body()}, now_);
      case 18:
        now_ += std::chrono::milliseconds(script_.next() * 10);
        return endpoint_.expire(now_);
      case 20:
        return endpoint_.accept_subscription(some_subscription(), std::chrono::seconds(script_.next() * 30), now_);
      case 21:
        return endpoint_.reject_subscription(some_subscription(), {.status = 200 + script_.next() * 2}, now_);
      case 22:
        return notify();
      case 23:
        subscriptions_.push_back(endpoint_.subscribe(outgoing(), script_.next() & 1 ? "dialog" : "presence;id=1",
                                                     std::chrono::seconds(script_.next() * 10), now_));
        return;
      case 24:
        return endpoint_.unsubscribe(some_subscription(), now_);
      case 25:
        subscriptions_.push_back(endpoint_.accept_refer(last_request_, now_));
        return;
      case 26:
        return receive_for_sent();
      default:
        now_ += std::chrono::seconds(script_.next());
        return endpoint_.expire(now_);
    }
  }

  void receive(std::string bytes) {
    const std::uint8_t damage = script_.next();
    for (int i = 0; damage > 200 && i < damage - 200 && !bytes.empty(); ++i)
      bytes[(script_.next() * 256U + script_.next()) % bytes.size()] = static_cast<char>(script_.next());
    received_.push_back(bytes);
    if (received_.size() > 16) received_.erase(received_.begin());
    endpoint_.receive(flow(), bytes, now_);
  }
  void repeat_received() {
    if (received_.empty()) return;
    const std::string bytes = received_[script_.next() % received_.size()];
    endpoint_.receive(flow(), bytes, now_);
  }
  void request_from_peer(Method method, std::string_view from, std::string_view to, std::string_view call_id) {
    MessageWriter writer;
    writer.request(print(method), "sip:a@10.0.0.1");
    writer.header(HeaderName::via, fmt::format("SIP/2.0/TLS 10.0.0.2;branch=z9hG4bK{}", script_.next() % 8));
    writer.header(HeaderName::max_forwards, script_.next() & 1 ? "70" : "0");
    writer.header(HeaderName::from, from);
    writer.header(HeaderName::to, to);
    writer.header(HeaderName::call_id, call_id);
    writer.header(HeaderName::cseq, fmt::format("{} {}", script_.next(), print(method)));
    if (script_.next() % 8 != 0) writer.header(HeaderName::contact, "<sip:b@10.0.0.2:5061>");
    if (script_.next() % 8 == 0) writer.header(HeaderName::record_route, "<sip:p1;lr>, <sip:p2>");
    if (script_.next() % 8 == 0) writer.header(HeaderName::require, "100rel");
    if (script_.next() % 2 == 0) writer.header(HeaderName::supported, "timer, 100rel");
    if (script_.next() % 4 == 0) writer.header(HeaderName::allow, "INVITE, UPDATE");
    write_timers(writer);
    if (method == Method::prack) writer.header(HeaderName::rack, rack());
    write_extensions(writer);
    const Body body = some_body();
    receive(writer.finish(body.type, body.content));
  }
  void write_timers(MessageWriter& writer) {
    static constexpr const char* values[] = {"90", "300;refresher=uac", "300;refresher=uas", "1", "4294967295"};
    if (script_.next() % 2 == 0) writer.header(HeaderName::session_expires, values[script_.next() % 5]);
    if (script_.next() % 4 == 0) writer.header(HeaderName::min_se, values[script_.next() % 5]);
  }
  // The number of a reliable response that the endpoint has sent, or nearly.
  std::string rack() {
    for (const std::string& bytes : sent_) {
      const auto response = Message::parse(bytes);
      if (!response || response->is_request() || !response->has(HeaderName::rseq)) continue;
      if (script_.next() % 4 != 0)
        return fmt::format("{} {} INVITE", response->header(HeaderName::rseq), response->cseq().number);
    }
    return "1 1 INVITE";
  }
  void receive_request() {
    request_from_peer(static_cast<Method>(script_.next() % 15), "<sip:b@10.0.0.2>;tag=p", "<sip:a@10.0.0.1>", "call");
  }
  // A request in the dialog that a request of ours is in, or begins: a NOTIFY for a SUBSCRIBE, ...
  void receive_for_sent() {
    if (sent_.empty()) return;
    const auto request = Message::parse(sent_[script_.next() % sent_.size()]);
    if (!request) return;
    const bool ours = request->is_request();
    std::string from(request->header(ours ? HeaderName::to : HeaderName::from));
    if (from.find(";tag=") == std::string::npos) from += fmt::format(";tag=f{}", script_.next() % 4);
    static constexpr Method methods[] = {Method::notify, Method::subscribe, Method::refer, Method::bye};
    request_from_peer(methods[script_.next() % std::size(methods)], from,
                      request->header(ours ? HeaderName::from : HeaderName::to), request->call_id());
  }
  void notify() {
    SubscriptionState state;
    state.value = static_cast<SubscriptionState::Value>(script_.next() % 3);
    endpoint_.notify(some_subscription(), state, some_body(), now_);
  }
  void write_extensions(MessageWriter& writer) {
    static constexpr std::string_view events[] = {"dialog", "presence;id=1", "refer", "refer;id=1", "winfo"};
    static constexpr std::string_view states[] = {"active;expires=60", "pending", "terminated;reason=giveup", "x"};
    const std::uint8_t which = script_.next();
    if (which & 1) writer.header(HeaderName::event, events[script_.next() % std::size(events)]);
    if (which & 2) writer.header(HeaderName::subscription_state, states[script_.next() % std::size(states)]);
    if (which & 4) writer.header(HeaderName::refer_to, "<sip:c@10.0.0.3>");
    if (which & 8) writer.header(HeaderName::expires, std::to_string(script_.next() * 10));
    if (which & 16) writer.header(HeaderName::refer_sub, "false");
    const auto view = endpoint_.view(some_leg());
    if ((which & 32) && view)
      writer.header(HeaderName::replaces,
                    fmt::format("{};to-tag={};from-tag={}", view->call_id, view->local_tag, view->remote_tag));
  }
  void receive_in_dialog() {
    const auto view = endpoint_.view(some_leg());
    if (!view) return;
    request_from_peer(static_cast<Method>(script_.next() % 15), "<sip:b@10.0.0.2>;tag=" + view->remote_tag,
                      "<sip:a@10.0.0.1>;tag=" + view->local_tag, view->call_id);
  }
  void receive_response() {
    if (sent_.empty()) return;
    const auto request = Message::parse(sent_[script_.next() % sent_.size()]);
    if (!request || request->is_response()) return;
    const HeaderLine contact{HeaderName::contact, {}, "<sip:b@10.0.0.2:5061>"};
    const std::string tag = fmt::format("t{}", script_.next() % 4);
    static constexpr int statuses[] = {100, 180, 183, 200, 200, 202, 302, 408, 422, 481, 486, 487, 491, 503, 603};
    static constexpr std::string_view offered = "v=0";
    const bool described = script_.next() % 2 == 0;
    const std::string rseq = std::to_string(script_.next() % 4);
    const std::vector<HeaderLine> lines = {contact,
                                           {HeaderName::require, {}, script_.next() % 2 == 0 ? "100rel" : "timer"},
                                           {HeaderName::rseq, {}, rseq},
                                           {HeaderName::min_se, {}, script_.next() % 2 == 0 ? "3600" : "90"},
                                           {HeaderName::session_expires, {}, "90;refresher=uas"}};
    const std::size_t count = 1 + script_.next() % lines.size();
    receive(make_response(*request, statuses[script_.next() % std::size(statuses)], {}, tag, {lines.data(), count},
                          described ? "application/sdp" : "", described ? offered : ""));
  }

  void drain() {
    while (auto out = endpoint_.poll_transmit()) {
      CHECK(out->id);
      last_transmit_ = out->id;
      sent_.push_back(std::move(out->bytes));
      if (sent_.size() > 16) sent_.erase(sent_.begin());
    }
    while (auto event = endpoint_.poll_event()) {
      if (const auto* incoming = std::get_if<IncomingInvite>(&*event)) legs_.push_back(incoming->leg);
      if (const auto* request = std::get_if<IncomingRequest>(&*event)) last_request_ = request->id;
      if (const auto* pracked = std::get_if<Pracked>(&*event)) last_prack_ = pracked->id;
      if (const auto* subscribe = std::get_if<IncomingSubscribe>(&*event)) subscriptions_.push_back(subscribe->id);
    }
  }

  Script script_;
  std::mt19937_64 random_{1};
  Endpoint endpoint_;
  Time now_{1000s};
  std::vector<LegId> legs_;
  std::vector<SubscriptionId> subscriptions_;
  ServerRequestId last_request_, last_prack_;
  TransmitId last_transmit_;
  std::vector<std::string> received_;
  std::vector<std::string> sent_;
};

}  // namespace
}  // namespace ringwall::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::sip;
  Play(Script({reinterpret_cast<const char*>(data), size})).run();
  return 0;
}
