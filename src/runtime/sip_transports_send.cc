#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "runtime/signalling_loop_impl.h"
#include "runtime/sip_transports_core.h"
#include "runtime/socket_address.h"
#include "sip/message/message.h"

// The outgoing half of the transports: choosing a connection for a Route, and what connections report.

namespace ringwall::runtime {
namespace {

/// The address that a request's sender says it can be reached at over this very connection: the top Via's sent-by port,
/// if it carries "alias" (RFC 5923 section 6), on the address it came from.
std::optional<NetAddress> alias_of(const sip::Message& request, const NetAddress& source) {
  const sip::Via& via = request.top_via();
  for (std::string_view parameter : split(via.parameters, ';'))
    if (equals_ignoring_case(trim(parameter), "alias"))
      return NetAddress{source.ip, via.port ? via.port : std::uint16_t{5061}};
  return std::nullopt;
}

}  // namespace

sip::FlowId SipTransports::Core::send(sip::Transmit transmit) {
  const sip::FlowId named = transmit.route.flow;
  if (named) {
    send_on_flow(std::move(transmit));
    return named;
  }
  if (transmit.route.transport == sip::Transport::udp) {
    send_datagram(std::move(transmit));
    return {};
  }
  ConnectionPtr connection = reusable(transmit.route);
  if (!connection) {
    auto opened = connect(transmit.route);
    if (!opened) {
      fail_later(transmit.id, std::move(opened).error());
      return {};
    }
    connection = std::move(*opened);
  }
  enqueue(connection, transmit.id, std::move(transmit.bytes));
  return connection->flow().id;
}

void SipTransports::Core::send_on_flow(sip::Transmit transmit) {
  if (const auto known = connections.find(transmit.route.flow); known != connections.end())
    return enqueue(known->second, transmit.id, std::move(transmit.bytes));
  if (udp && udp->send(transmit.id, transmit.route.flow, transmit.bytes)) return sent.add();
  fail_later(transmit.id, {"the connection that this message belongs to is gone", {}, {}});
}

void SipTransports::Core::send_datagram(sip::Transmit transmit) {
  const NetAddress& to = transmit.route.address;
  if (!udp)
    return fail_later(transmit.id, {"UDP is clear and this element has no waiver for it", to.text(),
                                    "use TLS, or add a waiver and a clear listener"});
  if (auto result = udp->send(transmit.id, to, std::move(transmit.bytes)); !result)
    return fail_later(transmit.id, std::move(result).error());
  sent.add();
}

void SipTransports::Core::enqueue(const ConnectionPtr& connection, sip::TransmitId id, std::string bytes) {
  if (!connection->enqueue(id, std::move(bytes)))
    return fail_later(id, {"the write queue of this connection is full, or it is closing",
                           connection->flow().remote.text(), "the peer reads too slowly: look at its load"});
  sent.add();
  if (connection->write_queue_max() > totals.max_write_queue) {
    totals.max_write_queue = connection->write_queue_max();
    totals.max_write_queue_peer = connection->flow().remote;
  }
  if (dirty.empty() || dirty.back() != connection) dirty.push_back(connection);
}

SipTransports::Core::ConnectionPtr SipTransports::Core::reusable(const sip::Route& route) const {
  const auto usable = [&](sip::FlowId id) -> ConnectionPtr {
    const auto known = connections.find(id);
    if (known == connections.end() || !known->second->usable()) return nullptr;
    // What was verified must still be what this peer has to prove.
    const bool verified = !sip::is_secure(route.transport) || known->second->state() != ConnectionState::established ||
                          peers.proves(known->second->flow().tls(), route.peer);
    return verified ? known->second : nullptr;
  };
  if (const auto known = outgoing.find({route.transport, route.address, route.peer}); known != outgoing.end())
    if (auto connection = usable(known->second)) return connection;
  if (route.transport != sip::Transport::tls) return nullptr;
  const auto [first, last] = aliases.equal_range(route.address);
  for (auto at = first; at != last; ++at)
    if (auto connection = usable(at->second)) return connection;
  return nullptr;
}

Result<SipTransports::Core::ConnectionPtr> SipTransports::Core::connect(const sip::Route& route) {
  if (shut) return fail("this element has closed", options.name);
  // RFC 7118 section 5: a WebSocket client has no address to connect to; only its own connection leads to it.
  if (is_web_socket(route.transport))
    return fail("the WebSocket of this client is gone", route.address.text(), "it connects again by itself");
  const bool tls = route.transport == sip::Transport::tls;
  const auto context = tls ? peers.client(route.peer) : nullptr;
  if (tls && !context)
    return fail("no peer is called \"" + route.peer + "\": its names and anchors are not known", route.address.text(),
                "add it to the site's trunks or elements");
  const bool waived = std::ranges::any_of(
      options.clear_listeners, [](const ClearListener& listener) { return listener.transport == sip::Transport::tcp; });
  if (!tls && !waived)
    return fail("TCP is clear and this element has no waiver for it", route.address.text(),
                "use TLS, or add a waiver and a clear listener");
  if (connections.size() >= options.connections) {
    count_refused("connections");
    return fail("no more connections: the limit is reached", route.address.text(), "look at show connections");
  }
  TRY(const auto source, to_endpoint<boost::asio::ip::tcp::endpoint>({options.address, 0}));
  sip::Flow flow;
  flow.id = flow_ids.next();
  flow.transport = route.transport;
  flow.remote = route.address;
  flow.outgoing = true;
  flow.peer = route.peer;
  auto connection =
      std::make_shared<StreamConnection>(*this, StreamConnection::Socket(loop.impl().context), flow, limits);
  connections[flow.id] = connection;
  outgoing[{route.transport, route.address, route.peer}] = flow.id;
  connection->start_connect(source, context);
  return connection;
}

void SipTransports::Core::flush() {
  // flush() of a connection never calls back, so the list does not change under the loop.
  for (const auto& connection : dirty)
    connection->flush();
  dirty.clear();
  if (udp) udp->flush();
}

void SipTransports::Core::fail_later(sip::TransmitId id, Error why) {
  if (!id) return;
  ++totals.send_failures;
  send_failures.add();
  loop.post([weak = weak_from_this(), id, why = std::move(why)] {
    if (const auto core = weak.lock(); core && core->owner) core->owner->send_failed(id, why);
  });
}

void SipTransports::Core::flow_closed_later(sip::FlowId flow) {
  loop.post([weak = weak_from_this(), flow] {
    if (const auto core = weak.lock(); core && core->owner) core->owner->flow_closed(flow);
  });
}

void SipTransports::Core::established(StreamConnection& connection) {
  const sip::Flow& flow = connection.flow();
  if (!flow.outgoing && has_handshake(flow.transport)) --half_open;
  const bool known = options.knows ? options.knows(flow) : !flow.tls().peer_names.empty();
  if (!flow.outgoing && known) guard.vouch(flow.remote.ip, loop.now());
  if (!sip::is_secure(flow.transport)) return;
  Metrics::instance()
      .counter("ringwall_tls_handshakes_total",
               fmt::format("element=\"{}\",side=\"{}\",version=\"{}\",resumed=\"{}\"", options.name,
                           flow.outgoing ? "client" : "server", flow.tls().version, flow.tls().resumed ? "yes" : "no"))
      .add();
  log::info(options.name, "{} connection {} {} {}: {} {} {}, peer {}{}", print(flow.transport), flow.id,
            flow.outgoing ? "to" : "from", flow.remote.text(), flow.tls().version, flow.tls().cipher, flow.tls().group,
            flow.tls().peer_names.empty() ? flow.tls().peer_subject : flow.tls().peer_names.front(),
            flow.tls().resumed ? ", resumed" : "");
}

void SipTransports::Core::learn_alias(StreamConnection& connection, std::string_view bytes) {
  const sip::Flow& flow = connection.flow();
  if (flow.outgoing || flow.transport != sip::Transport::tls || connection.alias_known()) return;
  const auto message = sip::Message::parse(bytes);
  if (!message || !message->is_request()) return;
  const auto alias = alias_of(*message, flow.remote);
  connection.set_alias(alias.value_or(NetAddress{}));
  if (alias) aliases.emplace(*alias, flow.id);
}

void SipTransports::Core::message_received(StreamConnection& connection, std::string_view message) {
  const auto self = shared_from_this();
  if (!takes(connection.flow(), message)) return;
  received.add();
  learn_alias(connection, message);
  owner->message_received(connection.flow(), message);
}

void SipTransports::Core::message_broken(StreamConnection& connection, const sip::StreamFramer::Broken& broken) {
  const auto self = shared_from_this();
  if (!takes(connection.flow(), broken.bytes)) return;
  received.add();
  owner->message_broken(connection.flow(), broken.bytes, broken.refusal);
}

void SipTransports::Core::handshake_failed(StreamConnection& connection, const HandshakeVerdict& verdict) {
  const sip::Flow& flow = connection.flow();
  failures.add({wall_now(), flow.outgoing, flow.local, flow.remote, flow.peer, verdict.reason, verdict.sentence});
}

void SipTransports::Core::forget(const StreamConnection& connection) {
  const sip::Flow& flow = connection.flow();
  if (flow.outgoing) {
    const auto known = outgoing.find({flow.transport, flow.remote, flow.peer});
    if (known != outgoing.end() && known->second == flow.id) outgoing.erase(known);
  } else if (const auto source = per_source.find(flow.remote.ip); source != per_source.end() && --source->second == 0) {
    per_source.erase(source);
  }
  const auto [first, last] = aliases.equal_range(connection.alias());
  for (auto at = first; at != last; ++at) {
    if (at->second != flow.id) continue;
    aliases.erase(at);
    break;
  }
  connections.erase(flow.id);
}

void SipTransports::Core::closed(StreamConnection& connection, CloseCause cause, const Error& why,
                                 const std::vector<sip::TransmitId>& unsent) {
  const auto self = shared_from_this();
  const ConnectionPtr keep = connection.shared_from_this();
  const sip::FlowId id = connection.flow().id;
  const bool was_established = connection.was_established();
  if (has_handshake(connection.flow().transport) && !connection.flow().outgoing && !was_established) --half_open;
  if (cause == CloseCause::remote && was_established) ++totals.remote_closures;
  if (cause == CloseCause::connect) ++totals.connect_failures;
  if (cause == CloseCause::idle) ++totals.inactive_ageouts;
  // A refused handshake has its own line.
  if (cause != CloseCause::handshake) log::info(options.name, "connection {} closed: {}", id, why.text());
  forget(connection);
  if (!connection.gone() && !shut && lingering.size() < limits::half_open_handshakes)
    lingering.push_back(keep);
  else
    connection.abandon();
  for (const sip::TransmitId transmit : unsent) {
    ++totals.send_failures;
    send_failures.add();
    if (owner != nullptr) owner->send_failed(transmit, why);
  }
  if (was_established && owner != nullptr) owner->flow_closed(id);
}

}  // namespace ringwall::runtime
