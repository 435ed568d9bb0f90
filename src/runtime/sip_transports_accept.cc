#include "base/log.h"
#include "runtime/signalling_loop_impl.h"
#include "runtime/sip_transports_core.h"
#include "runtime/socket_address.h"

// The incoming half of the transports: listeners, limits, deadlines, the end.

namespace ringwall::runtime {
namespace {

std::string element_label(const SipHostOptions& options, std::string_view more) {
  return fmt::format("element=\"{}\",{}", options.name, more);
}

}  // namespace

SipTransports::Core::Core(SignallingLoop& signalling_loop, SipHostOptions host_options, TransportOwner& transport_owner,
                          PeerTable table)
    : loop(signalling_loop),
      options(std::move(host_options)),
      owner(&transport_owner),
      peers(std::move(table)),
      limits{options.connect_time, options.handshake_time,   options.idle_time,
             options.message_time, options.write_stall_time, options.write_queue_bytes},
      guard(options.sources),
      web_sockets(std::make_shared<WebSocketEngine>(options.web_socket)),
      failures(options.name),
      received(Metrics::instance().counter("ringwall_sip_messages_total", element_label(options, "direction=\"in\""))),
      sent(Metrics::instance().counter("ringwall_sip_messages_total", element_label(options, "direction=\"out\""))),
      send_failures(
          Metrics::instance().counter("ringwall_sip_send_failures_total", fmt::format("element=\"{}\"", options.name))),
      dropped(Metrics::instance().counter("ringwall_sip_messages_dropped_total",
                                          element_label(options, "reason=\"blocked-source\""))),
      turned_away(Metrics::instance().counter("ringwall_sip_messages_turned_away_total",
                                              element_label(options, "reason=\"source-rate\""))) {}

SipTransports::Core::~Core() {
  abandon_all();
}

void SipTransports::Core::abandon_all() {
  owner = nullptr;
  shut = true;
  sweep_timer.cancel();
  for (const auto& listener : listeners)
    listener->close();
  for (const auto& [id, connection] : connections)
    connection->abandon();
  for (const auto& connection : lingering)
    connection->abandon();
  connections.clear();
  lingering.clear();
  if (udp) udp->close();
}

Result<> SipTransports::Core::open_listeners() {
  if (options.listen_tls) {
    TRY(auto listener, StreamListener::open(loop, sip::Transport::tls, {options.address, options.tls_port}, {}));
    listeners.push_back(std::move(listener));
  }
  if (options.wss_port) {
    TRY(auto listener, StreamListener::open(loop, sip::Transport::wss, {options.address, *options.wss_port}, {}));
    listeners.push_back(std::move(listener));
  }
  for (const ClearListener& clear : options.clear_listeners)
    TRY_VOID(open_clear(clear));
  return {};
}

Result<> SipTransports::Core::open_clear(const ClearListener& clear) {
  const NetAddress address{options.address, clear.port};
  if (clear.waiver.empty() || sip::is_secure(clear.transport))
    return fail("a listener without TLS needs the name of the waiver that permits it", address.text(),
                "use TLS, or add a waiver with a reason and an end date");
  if (clear.transport != sip::Transport::udp) {
    TRY(auto listener, StreamListener::open(loop, clear.transport, address, clear.waiver));
    listeners.push_back(std::move(listener));
    return {};
  }
  if (udp) return fail("one UDP listener is open already", address.text(), "leave one of the two out");
  const std::weak_ptr<Core> weak = weak_from_this();
  TRY(udp, UdpSocket::open(loop, address, clear.waiver,
                           {[weak] {
                              const auto core = weak.lock();
                              return core ? core->flow_ids.next() : sip::FlowId{};
                            },
                            [weak](const sip::Flow& flow, std::string_view message) {
                              const auto core = weak.lock();
                              if (!core || core->shut || !core->takes(flow, message)) return;
                              core->received.add();
                              core->owner->message_received(flow, message);
                            },
                            [weak] {
                              if (const auto core = weak.lock(); core && !core->shut) core->flush();
                            },
                            [weak](sip::TransmitId id, Error why) {
                              if (const auto core = weak.lock()) core->fail_later(id, std::move(why));
                            },
                            [weak](sip::FlowId flow) {
                              if (const auto core = weak.lock(); core && core->owner) core->flow_closed_later(flow);
                            },
                            &guard}));
  return {};
}

void SipTransports::Core::start() {
  for (const auto& listener : listeners) {
    log::info(options.name, "listens on {} {}{}", print(listener->transport()), listener->local().text(),
              listener->waiver().empty() ? "" : " in clear, by waiver \"" + listener->waiver() + "\"");
    listener->start(
        [weak = weak_from_this()](StreamListener& from, boost::asio::ip::tcp::socket socket, const NetAddress& remote) {
          if (const auto core = weak.lock()) core->accept(from, std::move(socket), remote);
        });
  }
  if (udp) {
    log::info(options.name, "listens on UDP {} in clear, by waiver \"{}\"", udp->local().text(), udp->waiver());
    udp->start();
  }
  sweep();
}

/// Why a new connection cannot be served, as a word for the counter; empty if it can.
std::string SipTransports::Core::refusal(const NetAddress& remote, bool handshakes) const {
  if (draining || shut) return "draining";
  if (connections.size() >= options.connections) return "connections";
  if (handshakes && half_open >= options.half_open_handshakes) return "half-open-handshakes";
  const auto known = per_source.find(remote.ip);
  if (known != per_source.end() && known->second >= options.connections_per_source) return "connections-per-source";
  return {};
}

void SipTransports::Core::count_refused(const std::string& reason) {
  ++totals.refused_by_limit;
  guard.note(reason);
  Metrics::instance()
      .counter("ringwall_sip_connections_refused_total", element_label(options, "reason=\"" + reason + "\""))
      .add();
}

void SipTransports::Core::accept(StreamListener& listener, boost::asio::ip::tcp::socket socket,
                                 const NetAddress& remote) {
  if (!takes_connection(remote)) return;
  const bool tls = sip::is_secure(listener.transport());
  const bool web = is_web_socket(listener.transport());
  if (const std::string reason = refusal(remote, tls || web); !reason.empty()) {
    count_refused(reason);
    log::warning(options.name, "refused a connection from {}: the limit \"{}\" is reached", remote.text(), reason);
    return;
  }
  boost::system::error_code ignored;
  sip::Flow flow;
  flow.id = flow_ids.next();
  flow.transport = listener.transport();
  flow.local = to_net_address(socket.local_endpoint(ignored));
  flow.remote = remote;
  auto connection = std::make_shared<StreamConnection>(*this, std::move(socket), flow, limits);
  connections[flow.id] = connection;
  ++per_source[remote.ip];
  if (tls || web) ++half_open;
  connection->start_accepted(tls ? peers.server() : nullptr, web ? web_sockets : nullptr);
}

void SipTransports::Core::sweep() {
  const auto keep = shared_from_this();
  const Time now = loop.now();
  // A deadline that has passed takes the connection out of the table.
  std::vector<ConnectionPtr> all;
  all.reserve(connections.size());
  for (const auto& [id, connection] : connections)
    all.push_back(connection);
  for (const auto& connection : all)
    connection->sweep(now);
  for (const auto& connection : lingering)
    connection->sweep(now);
  std::erase_if(lingering, [](const ConnectionPtr& connection) { return connection->gone(); });
  if (udp) udp->sweep(now, options.idle_time);
  if (shut) return;
  sweep_timer = loop.after(options.sweep_time, [weak = weak_from_this()] {
    if (const auto core = weak.lock()) core->sweep();
  });
}

void SipTransports::Core::drain() {
  draining = true;
  for (const auto& listener : listeners)
    listener->close();
}

void SipTransports::Core::close() {
  drain();
  shut = true;
  sweep_timer.cancel();
  if (udp) udp->close();
  for (const auto& [id, connection] : connections)
    connection->close(CloseCause::local, {"this element closes", {}, {}});
  for (const auto& connection : lingering)
    connection->abandon();
  lingering.clear();
}

HostView SipTransports::Core::view() const {
  HostView out;
  const Time now = loop.now();
  out.name = options.name;
  for (const auto& [id, connection] : connections)
    out.connections.push_back(connection->view(now));
  std::ranges::sort(out.connections, {}, [](const ConnectionView& connection) { return connection.flow; });
  for (const auto& listener : listeners)
    out.listeners.push_back({listener->transport(), listener->local(), listener->waiver(), listener->accepting()});
  if (udp) {
    udp->append_views(now, out.connections);
    out.listeners.push_back({sip::Transport::udp, udp->local(), udp->waiver(), !shut});
  }
  out.totals = totals;
  out.totals.active = connections.size();
  out.totals.client_handshake_failures = failures.as_client();
  out.totals.server_handshake_failures = failures.as_server();
  out.blocked = guard.list_blocked(now);
  out.limits_hit = guard.hits();
  for (const auto& connection : out.connections) {
    if (connection.write_queue_max <= out.totals.max_write_queue) continue;
    out.totals.max_write_queue = connection.write_queue_max;
    out.totals.max_write_queue_peer = connection.remote;
  }
  out.failures.assign(failures.last().begin(), failures.last().end());
  return out;
}

}  // namespace ringwall::runtime
