#include "cli/views_json.h"

#include <boost/json/array.hpp>

#include "media/codec/codec.h"

namespace ringwall::cli {
namespace {

namespace json = boost::json;

json::array strings(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(print_wall_time(*time)) : json::value(nullptr);
}

json::object tls_json(const sip::TlsFacts& tls) {
  return {{"version", tls.version},
          {"cipher", tls.cipher},
          {"group", tls.group},
          {"peer_names", strings(tls.peer_names)},
          {"peer_subject", tls.peer_subject},
          {"peer_issuer", tls.peer_issuer},
          {"peer_serial", tls.peer_serial},
          {"peer_not_after", print_wall_time(tls.peer_not_after)},
          {"anchor", tls.anchor},
          {"local_name", tls.local_name},
          {"resumed", tls.resumed}};
}

json::object totals_json(const runtime::ConnectionTotals& totals) {
  return {{"active", totals.active},
          {"send_failures", totals.send_failures},
          {"remote_closures", totals.remote_closures},
          {"connect_failures", totals.connect_failures},
          {"inactive_ageouts", totals.inactive_ageouts},
          {"max_write_queue", totals.max_write_queue},
          {"max_write_queue_peer", totals.max_write_queue_peer.port ? totals.max_write_queue_peer.text() : ""},
          {"client_handshake_failures", totals.client_handshake_failures},
          {"server_handshake_failures", totals.server_handshake_failures},
          {"refused_by_limit", totals.refused_by_limit}};
}

template <class View>
json::array array_of(const std::vector<View>& views) {
  json::array out;
  for (const auto& view : views)
    out.push_back(to_json(view));
  return out;
}

}  // namespace

json::object to_json(const runtime::ConnectionView& c) {
  json::object out{{"flow", c.flow.value},
                   {"transport", sip::print(c.transport)},
                   {"direction", c.outgoing ? "outgoing" : "incoming"},
                   {"state", runtime::print(c.state)},
                   {"local", c.local.text()},
                   {"remote", c.remote.text()},
                   {"peer", c.peer},
                   {"certificate_kind", c.certificate_kind},
                   {"since", print_wall_time(c.since)},
                   {"write_queue", c.write_queue},
                   {"write_queue_max", c.write_queue_max},
                   {"messages_in", c.messages_in},
                   {"messages_out", c.messages_out},
                   {"idle_seconds", c.idle.count()}};
  if (sip::is_secure(c.transport)) out["tls"] = tls_json(c.tls);
  return out;
}

json::object to_json(const runtime::HandshakeFailure& failure) {
  return {{"when", print_wall_time(failure.when)},
          {"direction", failure.outgoing ? "outgoing" : "incoming"},
          {"local", failure.local.text()},
          {"remote", failure.remote.text()},
          {"peer", failure.peer},
          {"reason", runtime::print(failure.reason)},
          {"sentence", failure.sentence}};
}

json::object to_json(const runtime::BlockedSource& blocked) {
  return {{"source", blocked.source},
          {"reason", blocked.reason},
          {"since", print_wall_time(blocked.since)},
          {"seconds_left", blocked.left.count()},
          {"dropped", blocked.dropped}};
}

json::object to_json(const runtime::HostView& host) {
  json::array listeners;
  for (const auto& listener : host.listeners)
    listeners.push_back(json::object{{"transport", sip::print(listener.transport)},
                                     {"address", listener.address.text()},
                                     {"waiver", listener.waiver},
                                     {"accepting", listener.accepting}});
  json::object hits;
  for (const auto& [limit, count] : host.limits_hit)
    hits[limit] = count;
  return {{"element", host.name},
          {"totals", totals_json(host.totals)},
          {"connections", array_of(host.connections)},
          {"listeners", std::move(listeners)},
          {"handshake_failures", array_of(host.failures)},
          {"blocked", array_of(host.blocked)},
          {"limits_hit", std::move(hits)}};
}

/// Null before a packet came.
json::value rating_json(double rating, double mos) {
  return mos == 0 ? json::value() : json::value(rating);
}

json::object to_json(const media::HeardByPeer& heard) {
  return {
      {"lost", heard.lost}, {"loss_percent", heard.loss_percent}, {"jitter_ms", heard.jitter_ms}, {"mos", heard.mos}};
}

json::object to_json(const media::LegReport& report) {
  const auto counts = [](const media::StreamCounts& count) {
    return json::object{{"packets", count.packets}, {"bytes", count.bytes}};
  };
  return {{"leg", report.leg.value},
          {"local", report.local.text()},
          {"remote", report.remote.text()},
          {"key_exchange", report.suite.empty() && !report.dtls ? ""
                           : report.dtls                        ? "DTLS"
                                                                : "SDES"},
          {"suite", report.suite},
          {"waiver", report.waiver},
          {"codec", print(report.codec)},
          {"sent", counts(report.sent)},
          {"received", counts(report.received)},
          {"authentication_failures", report.authentication_failures},
          {"replayed", report.replayed},
          {"unknown_keys", report.unknown_keys},
          {"refused", report.refused},
          {"kernel_drops", report.kernel_drops},
          {"lost", report.lost},
          {"jitter_ms", report.jitter_ms},
          {"round_trip_ms", report.round_trip_ms},
          {"r_factor", rating_json(report.r_factor, report.mos)},
          {"mos", rating_json(report.mos, report.mos)},
          {"heard_by_peer", report.heard_by_peer ? json::value(to_json(*report.heard_by_peer)) : json::value()}};
}

json::object to_json(const call::LegView& leg, const std::optional<media::LegReport>& media) {
  json::object out{{"element", leg.element},
                   {"leg", leg.leg.value},
                   {"interaction", leg.interaction},
                   {"direction", leg.outgoing ? "originate" : "answer"},
                   {"peer", leg.peer},
                   {"number", leg.number},
                   {"dial_peer", leg.dial_peer},
                   {"state", leg.state},
                   {"flow", leg.flow.value},
                   {"remote", leg.remote.port ? leg.remote.text() : ""},
                   {"began", print_wall_time(leg.began)},
                   {"connected", time_or_null(leg.connected)},
                   {"media_leg", leg.media.value},
                   {"secure", leg.secure},
                   {"waiver", leg.waiver},
                   {"recording", leg.recording}};
  if (media) out["media"] = to_json(*media);
  return out;
}

json::object to_json(const call::RefusalView& refusal) {
  return {{"when", print_wall_time(refusal.when)},
          {"element", refusal.element},
          {"from", refusal.from},
          {"status", refusal.status},
          {"what", refusal.what},
          {"mend", refusal.mend}};
}

json::object to_json(const policy::WaiverView& waiver) {
  return {{"name", waiver.name},
          {"reason", waiver.reason},
          {"until", print_wall_time(waiver.until)},
          {"active", waiver.active},
          {"profiles", strings(waiver.profiles)},
          {"used_by", strings(waiver.used_by)}};
}

json::object to_json(const router::AgentView& agent) {
  return {{"agent", agent.id},
          {"name", agent.name},
          {"line", agent.line},
          {"state", store::print(agent.state)},
          {"reason", agent.reason},
          {"since", print_wall_time(agent.since)},
          {"pending", agent.pending ? json::value(store::print(*agent.pending)) : json::value(nullptr)},
          {"interaction", agent.interaction},
          {"skill_groups", strings(agent.skill_groups)}};
}

json::object to_json(const router::QueueView& queue) {
  return {{"skill_group", queue.skill_group}, {"waiting", queue.waiting},
          {"reserved", queue.reserved},       {"talking", queue.talking},
          {"available", queue.available},     {"longest_since", time_or_null(queue.longest_since)}};
}

json::object to_json(const store::Binding& binding) {
  return {{"address_of_record", binding.address_of_record},
          {"contact", binding.contact},
          {"peer", binding.peer},
          {"remote", binding.remote},
          {"transport", binding.transport},
          {"expires", print_wall_time(binding.expires)},
          {"user_agent", binding.user_agent}};
}

}  // namespace ringwall::cli
