#include "base/log.h"
#include "runtime/signalling_loop_impl.h"
#include "runtime/sip_transports_core.h"

// What sources may do: SourceGuard decides, and this carries it out.

namespace ringwall::runtime {

/// Whether a message is to be handled.
bool SipTransports::Core::takes(const sip::Flow& flow, std::string_view message) {
  switch (guard.message(flow.remote.ip, !message.starts_with("SIP/2.0 "), loop.now())) {
    case SourceGuard::Verdict::pass:
      return true;
    case SourceGuard::Verdict::overload:
      if (owner == nullptr || !owner->overloaded(flow, message)) return true;
      turned_away.add();
      return false;
    case SourceGuard::Verdict::drop:
      break;
  }
  dropped.add();
  shut_out_blocked();
  return false;
}

bool SipTransports::Core::takes_connection(const NetAddress& remote) {
  if (guard.connect(remote.ip, loop.now())) return true;
  count_refused("blocked-source");
  shut_out_blocked();
  return false;
}

void SipTransports::Core::report_harm(const NetAddress& remote, Harm harm) {
  guard.report(remote.ip, harm, loop.now());
  shut_out_blocked();
}

/// Tells of the sources that have just been blocked, and closes what they have open.
void SipTransports::Core::shut_out_blocked() {
  bool any = false;
  while (const auto blocked = guard.poll_blocked()) {
    any = true;
    log::warning(options.name, "blocked {} for {} s: {}", blocked->source, blocked->left.count(), blocked->reason);
    Metrics::instance()
        .counter("ringwall_sip_sources_blocked_total",
                 fmt::format("element=\"{}\",reason=\"{}\"", options.name, blocked->reason))
        .add();
  }
  // Not inside the call of a connection.
  if (!any) return;
  loop.post([weak = weak_from_this()] {
    if (const auto core = weak.lock()) core->close_blocked();
  });
}

void SipTransports::Core::close_blocked() {
  const Time now = loop.now();
  std::vector<ConnectionPtr> all;
  for (const auto& [id, connection] : connections)
    if (!connection->flow().outgoing && guard.blocked(connection->flow().remote.ip, now)) all.push_back(connection);
  for (const auto& connection : all)
    connection->close(CloseCause::local, {"its source is blocked", connection->flow().remote.text(), {}});
}

}  // namespace ringwall::runtime
