#include "runtime/sip_host.h"

#include <optional>

#include "base/log.h"
#include "base/metric.h"
#include "crypto/random.h"
#include "sip/message/respond.h"
#include "sip/transport/via.h"

namespace ringwall::runtime {
namespace {

/// How often the loop is looked at: how late it is says how much there is to do.
constexpr Duration kLoadInterval = std::chrono::milliseconds(250);
constexpr std::string_view kRetryAfter = "5";  ///< seconds, for a source that sends too much
/// SIP's timers are seconds long. Woken a little late, the endpoint finds many of them due at once.
constexpr Duration kTimerGrain = std::chrono::milliseconds(20);
/// Long enough for most answers to come first, and within the 200 ms of RFC 3261 section 17.2.1.
constexpr Duration kTryingAfter = std::chrono::milliseconds(150);

}  // namespace

struct SipHost::Core : TransportOwner {
  Core(SignallingLoop& signalling_loop, std::function<void(sip::Event)> callback)
      : loop(signalling_loop), on_event(std::move(callback)) {}

  void open_endpoint(const SipHostOptions& options);
  void collect();
  void pump();
  void deliver_soon();
  bool deliver();
  void arm_timer();
  void measure_load();
  void report(const sip::Endpoint::Overload& now);

  // The transports write what this causes once they have read all that was there.
  void message_received(const sip::Flow& flow, std::string_view message) override {
    const std::uint64_t malformed = endpoint->malformed_count();
    endpoint->receive(flow, message, loop.now());
    if (endpoint->malformed_count() != malformed) transports->report_harm(flow.remote, Harm::malformed);
    collect();
    if (deliver()) arm_timer();
  }
  void message_broken(const sip::Flow& flow, std::string_view bytes, const sip::ParseError& refusal) override {
    endpoint->receive_broken(flow, bytes, refusal);
    transports->report_harm(flow.remote, Harm::malformed);
    collect();
  }
  bool overloaded(const sip::Flow& flow, std::string_view bytes) override;
  void send_failed(sip::TransmitId id, const Error& why) override {
    endpoint->send_failed(id, why, loop.now());
    collect();
    if (deliver()) pump();
  }
  void flow_closed(sip::FlowId flow) override {
    const std::weak_ptr<bool> living = alive;
    endpoint->flow_closed(flow, loop.now());
    collect();
    if (deliver()) pump();
    if (!living.expired() && on_flow_closed) on_flow_closed(flow);
  }

  SignallingLoop& loop;
  std::function<void(sip::Event)> on_event;
  std::function<void(sip::FlowId)> on_flow_closed;
  std::unique_ptr<SipTransports> transports;
  std::optional<sip::Endpoint> endpoint;
  LoopTimer timer, load_timer;
  sip::Endpoint::Overload overload;  ///< as it was told last
  std::string name;
  std::optional<Time> timer_at;
  bool delivering = false;
  bool delivery_posted = false;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

/// 503 to whatever would begin something new (RFC 3261 section 21.5.4), without a transaction. What ends or continues
/// something makes room, and passes.
bool SipHost::Core::overloaded(const sip::Flow& flow, std::string_view bytes) {
  const auto message = sip::Message::parse(bytes);
  if (!message || !message->is_request() || !message->to().tag.empty()) return false;
  const sip::Method method = message->method();
  if (method == sip::Method::ack || method == sip::Method::cancel) return false;
  const sip::HeaderLine retry{sip::HeaderName::retry_after, {}, kRetryAfter};
  const std::string via = sip::stamp_via(message->top_via(), flow.remote);
  transports->send(
      {{},
       {flow.id, flow.transport, flow.remote, flow.peer},
       sip::make_response(*message, 503, {.to_tag = "overload", .top_via = via, .headers = std::span(&retry, 1)})});
  transports->flush();
  return true;
}

void SipHost::Core::open_endpoint(const SipHostOptions& options) {
  sip::EndpointOptions wanted;
  name = options.name;
  wanted.name = options.name;
  wanted.host = options.host.empty() ? options.address : options.host;
  wanted.local = [this](sip::Transport transport) { return transports->local(transport); };
  wanted.trying_after = kTryingAfter;
  wanted.overload_control = true;
  wanted.allow = options.allow;
  wanted.supported = options.supported;
  wanted.allow_events = options.allow_events;
  wanted.session_timers = options.session_timers;
  wanted.reliability = options.reliability;
  wanted.authorize = options.authorize;
  wanted.random = [pool = crypto::RandomPool()]() mutable { return pool.next(); };
  endpoint.emplace(std::move(wanted));
}

/// Queues what the endpoint wants sent.
void SipHost::Core::collect() {
  while (auto transmit = endpoint->poll_transmit()) {
    const sip::TransmitId id = transmit->id;
    if (const sip::FlowId flow = transports->send(std::move(*transmit)); id && flow) endpoint->transmitted(id, flow);
  }
}

/// Writes it, and sees to it that the endpoint is asked again when it wants to be.
void SipHost::Core::pump() {
  collect();
  transports->flush();
  arm_timer();
}

/// Hands out the events. The owner's calls of the endpoint inside on_event are collected here too. False if the owner
/// has destroyed this host.
bool SipHost::Core::deliver() {
  if (delivering) return true;
  delivering = true;
  const std::weak_ptr<bool> living = alive;
  while (auto event = endpoint->poll_event()) {
    on_event(std::move(*event));
    if (living.expired()) return false;
    collect();
  }
  delivering = false;
  return true;
}

/// Events that a call from outside caused come from the loop, never inside that call.
void SipHost::Core::deliver_soon() {
  if (delivering || delivery_posted) return;
  delivery_posted = true;
  loop.post([this, living = std::weak_ptr<bool>(alive)] {
    if (living.expired()) return;
    delivery_posted = false;
    if (deliver()) pump();
  });
}

void SipHost::Core::arm_timer() {
  const auto next = endpoint->next_timer();
  // A timer that fires too early only looks and is armed again; so only an earlier one needs work.
  if (!next || (timer_at && timer.pending() && *timer_at <= *next)) return;
  timer_at = next;
  timer = loop.after(*next - loop.now() + kTimerGrain, [this] {
    timer_at.reset();
    endpoint->expire(loop.now());
    collect();
    if (deliver()) pump();
  });
}

void SipHost::Core::report(const sip::Endpoint::Overload& now) {
  if ((now.percent == 0) != (overload.percent == 0))
    log::warning(name, "{}",
                 now.percent == 0 ? "there is time for all requests again"
                                  : "there is too much to do: some new requests are turned away");
  static Counter& turned_away = Metrics::instance().counter("ringwall_sip_turned_away_total");
  turned_away.add(now.turned_away - overload.turned_away);
  overload = now;
}

void SipHost::Core::measure_load() {
  load_timer = loop.after(kLoadInterval, [this, due = loop.now() + kLoadInterval] {
    report(endpoint->load(loop.now() - due, loop.now()));
    measure_load();
  });
}

SipHost::SipHost(std::unique_ptr<Core> core) : core_(std::move(core)) {}
SipHost::~SipHost() = default;

Result<std::unique_ptr<SipHost>> SipHost::create(SignallingLoop& loop, SipHostOptions options,
                                                 std::function<void(sip::Event)> on_event) {
  auto core = std::make_unique<Core>(loop, std::move(on_event));
  core->open_endpoint(options);
  TRY(core->transports, SipTransports::create(loop, std::move(options), *core));
  core->measure_load();
  return std::unique_ptr<SipHost>(new SipHost(std::move(core)));
}

void SipHost::on_flow_closed(std::function<void(sip::FlowId)> callback) {
  core_->on_flow_closed = std::move(callback);
}

sip::Endpoint& SipHost::endpoint() {
  return *core_->endpoint;
}

void SipHost::flush() {
  if (core_->delivering) return;  // deliver() sees to it
  core_->pump();
  core_->deliver_soon();
}

NetAddress SipHost::local(sip::Transport transport) const {
  return core_->transports->local(transport);
}
Result<> SipHost::set_identity(TlsIdentity identity) {
  return core_->transports->set_identity(std::move(identity));
}
Result<> SipHost::set_peers(std::vector<PeerPolicy> peers) {
  return core_->transports->set_peers(std::move(peers));
}
void SipHost::report_harm(const NetAddress& remote, Harm harm) {
  core_->transports->report_harm(remote, harm);
}
void SipHost::vouch(const NetAddress& remote) {
  core_->transports->vouch(remote);
}
bool SipHost::unblock(std::string_view source) {
  return core_->transports->unblock(source);
}
void SipHost::set_sources(SourceRules rules) {
  core_->transports->set_sources(std::move(rules));
}
bool SipHost::close_connection(sip::FlowId flow) {
  return core_->transports->close_connection(flow);
}
void SipHost::drain() {
  core_->transports->drain();
}
void SipHost::close() {
  core_->on_flow_closed = nullptr;
  core_->transports->close();
}
HostView SipHost::view() const {
  return core_->transports->view();
}

}  // namespace ringwall::runtime
